/// The eigenvalues of the initial tangent kernel over x ~ N(0, I/D), with infinitely many hidden units.
///
/// Then w̄ = 0 and M = σ² I, and with φ(h) = h + (ε/2) h² and readouts of 1 the kernel by W is
/// K(x, x′) = (α²/N) x·x′ (1 + ε² σ² x·x′). From ∫ x xᵀ (xᵀ S x) = (2 S + tr S)/D² its eigenfunctions are the
/// components of x, the traceless quadratic forms of x, and |x|²; all others have the eigenvalue 0.
///
/// Kumar et al. 2024, appendix, eq. 13–15, with the factor α²/N that they leave out. The paper's main text has
/// 2ε/D² for the quadratic forms where the appendix has 2ε²/D², and both lack ε² in the eigenvalue of |x|².
///
/// Of the kernel matrix on P examples these are the eigenvalues divided by P, for large P and N.
public struct InitialKernelSpectrum: Hashable, Sendable {
  /// An eigenvalue and how many eigenfunctions have it.
  public struct Eigenvalue: Hashable, Sendable {
    public let value: Double
    public let multiplicity: Int
  }

  /// Of the components of x: (α²/N)/D, D times.
  public let linear: Eigenvalue
  /// Of traceless quadratic forms: (α²/N) 2ε²σ²/D², D(D+1)/2 − 1 times.
  public let quadratic: Eigenvalue
  /// Of |x|²: (α²/N) (ε²σ²/D)(1 + 2/D), once.
  public let radial: Eigenvalue

  /// - Parameters:
  ///   - task: α, ε and σ of the quadratic activation.
  ///   - inputDimension: D.
  ///   - hiddenUnits: N, for the factor α²/N.
  /// - Precondition: the target, and so the activation, is the quadratic one.
  public init(task: PolynomialRegressionTask, inputDimension: Int, hiddenUnits: Int) {
    precondition(task.target == .quadratic, "the activation of \(task.target) has another kernel")
    let size = Double(inputDimension)
    let factor = task.alpha * task.alpha / Double(hiddenUnits)
    let square = factor * task.epsilon * task.epsilon * task.sigma * task.sigma
    linear = Eigenvalue(value: factor / size, multiplicity: inputDimension)
    quadratic = Eigenvalue(
      value: 2 * square / (size * size), multiplicity: inputDimension * (inputDimension + 1) / 2 - 1
    )
    radial = Eigenvalue(value: square / size * (1 + 2 / size), multiplicity: 1)
  }
}

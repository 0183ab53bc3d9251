public import LinearAlgebra
public import OrderedCollections

/// Polynomial regression by the exact dynamics of the mean weight and the second moment.
///
/// With r = f − f₀ − y, A = Xᵀ diag(r) X, b = Xᵀ r, c = 2η₀/(αP) and B = I − cε A every neuron obeys
/// w ← B w − c b. The network depends on its weights through w̄ and M = WᵀW/N alone,
/// f(x) = α w̄·x + (αε/2) xᵀ M x, and these follow
///
///     w̄ ← B w̄ − c b
///     M ← B M B − c (B w̄) bᵀ − c b (B w̄)ᵀ + c² b bᵀ
///
/// so a step costs 4 D² P + 4 D³ operations, whatever N is. Exact: no approximation is made. With weight decay λ the
/// neurons obey the same with B = (1 − ηλ) I − cε A.
///
/// The covariance C = M − w̄ w̄ᵀ follows C ← B C B, so it stays positive, and rounding is no worse than slightly other
/// initial weights. With N ≤ D it is singular, rounding makes an eigenvalue negative, and what no weights can have
/// grows: such networks belong to the direct engine.
public struct ReducedEngine<Scalar: BLASScalar>: TrainingEngine {
  /// Rows of inputs that pass through the products at once, so that they stay in the nearest caches.
  static var blockRows: Int { 56 }

  /// What the products of a step run on.
  public enum Products: Hashable, Sendable {
    case blas
    /// Kernels of our own, on processors that have AVX-512.
    case kernels
  }

  private let task: PolynomialRegressionTask
  private let hiddenUnits: Int
  private var train: ExampleSet<Scalar>
  private var test: ExampleSet<Scalar>?
  private var workspace: Workspace
  /// The train examples as the kernels read them; nil where products run on BLAS.
  private let kernelInputs: ReducedKernels.Inputs<Scalar>?
  private let population: PopulationLoss<Scalar>
  /// What the forms leave out of f: α φ(0), which centring takes away.
  private let constant: Double

  /// w̄, `[1 × D]`.
  private var mean: Matrix<Scalar>
  /// M, `[D × D]`, symmetric to the bit.
  private var moment: Matrix<Scalar>
  private var linearised: LinearisedReference
  /// Nil unless asked for.
  private var weightChange: WeightChange<Scalar>?

  /// What a step writes to, made once: a step allocates nothing.
  private struct Workspace {
    /// α w̄.
    var scaledMean: Matrix<Scalar>
    /// A block of X M, then of diag(r) X.
    var block: Matrix<Scalar>
    var outputs: Matrix<Scalar>
    /// r, A and b.
    var gradient: ReducedKernels.GradientPass<Scalar>
    /// The triangular form of (αε/2) M.
    var upper: Matrix<Scalar>
    /// B.
    var propagator: Matrix<Scalar>
    /// M B, and in the end B M B.
    var product: Matrix<Scalar>
    var square: Matrix<Scalar>
    /// B w̄.
    var carried: Matrix<Scalar>
    /// B w̄ − (c/2) b and c b, whose symmetric product is the rank-two part of the step.
    var rankTwo: (left: Matrix<Scalar>, right: Matrix<Scalar>)

    init(dimension: Int, examples: Int) {
      func vector(_ count: Int) -> Matrix<Scalar> { Matrix(rows: 1, columns: count) }
      func squareMatrix() -> Matrix<Scalar> { Matrix(rows: dimension, columns: dimension) }
      scaledMean = vector(dimension)
      block = Matrix(rows: blockRows, columns: dimension)
      outputs = vector(blockRows)
      gradient = ReducedKernels.GradientPass(examples: examples, dimension: dimension)
      upper = squareMatrix()
      propagator = squareMatrix()
      product = squareMatrix()
      square = squareMatrix()
      carried = vector(dimension)
      rankTwo = (vector(dimension), vector(dimension))
    }
  }

  /// - Parameters:
  ///   - task: the numbers of the run.
  ///   - draws: its examples, target and initial weights.
  ///   - products: what to run on; nil for the fastest that there is here.
  /// - Precondition: the dynamics close on the moments.
  public init(
    task: PolynomialRegressionTask, draws: PolynomialRegressionDraws, products: Products? = nil
  ) {
    precondition(task.closesOnMoments, "\(task) does not close on the moments of the weights")
    precondition(draws.givenLabels == nil, "the population has no labels but the target's")
    self.task = task
    linearised = LinearisedReference(task: task, draws: draws)
    // The kernels' matrices are padded in rows and columns; a vector is not.
    let canUseKernels =
      ReducedKernels.areAvailable && draws.inputDimension > 1 && draws.examples.rows > 1
    hiddenUnits = draws.hiddenUnits
    let moments = draws.moments()
    mean = Matrix(moments.mean)
    moment = Matrix(moments.second)
    weightChange = task.followsWeightChange ? WeightChange(mean: mean, moment: moment) : nil
    population = PopulationLoss(task: task, directions: draws.target, moments: moments)
    let constant = task.isCentred ? 0 : task.alpha * task.activation[0]
    self.constant = constant
    let labels = draws.labels(for: task)
    train = ExampleSet(inputs: draws.examples, labels: labels.train, constant: constant)
    test =
      task.testLoss == .sample
      ? draws.testExamples.map {
        ExampleSet(inputs: $0, labels: labels.test, constant: constant)
      } : nil
    kernelInputs =
      canUseKernels && products != .blas ? ReducedKernels.Inputs(train.inputs) : nil
    workspace = Workspace(
      dimension: draws.inputDimension, examples: max(train.count, test?.count ?? 0))
    guard task.isCentred else { return }
    _ = trainLoss()
    train.centre(on: workspace.gradient.residuals)
    if var test {
      _ = meanSquare(on: test, preparingStep: false)
      test.centre(on: workspace.gradient.residuals)
      self.test = test
    }
  }

  public mutating func evaluate() -> (train: Double, test: Double) {
    let testLoss = test.map { meanSquare(on: $0, preparingStep: false) } ?? populationParts().sum
    return (trainLoss(), testLoss)
  }

  /// The train loss, with A and b of the same pass over the inputs.
  private mutating func trainLoss() -> Double {
    guard let kernelInputs else { return meanSquare(on: train, preparingStep: true) }
    workspace.scaledMean.set(mean, times: Scalar(task.alpha))
    ReducedKernels.setUpperForm(
      &workspace.upper, of: moment, scale: Scalar(task.alpha * task.epsilon))
    let squares = workspace.gradient.run(
      over: kernelInputs, offsets: train.offsets, upper: workspace.upper,
      linear: workspace.scaledMean)
    return squares / Double(train.count)
  }

  /// The mean of r² over a set; when preparing a step, A and b of the same pass over the inputs.
  private mutating func meanSquare(on set: ExampleSet<Scalar>, preparingStep: Bool) -> Double {
    let quadratic = Scalar(task.alpha * task.epsilon / 2)
    workspace.scaledMean.set(mean, times: Scalar(task.alpha))
    if preparingStep { workspace.gradient.slope.fillWithZeros() }
    var squares = 0.0
    set.forEachBlock(of: Self.blockRows) { rows in
      workspace.block.setHalvedForms(of: set.inputs, moment, rows: rows)
      workspace.outputs.setQuadraticForms(
        of: set.inputs, workspace.block, linear: workspace.scaledMean, quadratic: quadratic,
        from: rows.lowerBound, count: rows.count)
      squares += workspace.gradient.residuals.setResiduals(
        of: workspace.outputs, scale: 1, offsets: set.offsets, at: rows.lowerBound,
        count: rows.count)
      guard preparingStep else { return }
      workspace.block.setWeightedRows(
        of: set.inputs, weights: workspace.gradient.residuals, from: rows.lowerBound,
        count: rows.count,
        addingTo: &workspace.gradient.slope)
      workspace.gradient.curvature.setLowerProduct(
        of: set.inputs, workspace.block, transposed: true, rows: rows,
        keep: rows.lowerBound == 0 ? 0 : 1)
    }
    return squares / Double(set.count)
  }

  public mutating func descend() {
    linearised.descend()
    let factor = Scalar(task.stepFactor(trainExamples: train.count))
    workspace.propagator.setIdentity(
      times: Scalar(1 - task.rate(hiddenUnits: hiddenUnits) * task.weightDecay),
      minus: workspace.gradient.curvature, scale: factor * Scalar(task.epsilon))
    if kernelInputs != nil {
      ReducedKernels.setProducts(
        moment: moment, propagator: workspace.propagator, product: &workspace.product,
        square: &workspace.square)
    } else {
      workspace.product.setProduct(of: moment, workspace.propagator)
      workspace.square.setLowerProduct(of: workspace.propagator, workspace.product)
    }
    workspace.carried.setProduct(of: mean, workspace.propagator)
    // −(Bw̄)(cb)ᵀ − (cb)(Bw̄)ᵀ + (cb)(cb)ᵀ is −u (cb)ᵀ − (cb) uᵀ with u = Bw̄ − cb/2.
    workspace.rankTwo.right.set(workspace.gradient.slope, times: factor)
    weightChange?.descend(
      curvature: workspace.gradient.curvature, slope: workspace.rankTwo.right,
      factor: factor * Scalar(task.epsilon),
      decay: Scalar(task.rate(hiddenUnits: hiddenUnits) * task.weightDecay))
    workspace.rankTwo.left.set(
      workspace.carried, minus: workspace.rankTwo.right, times: 0.5)
    moment.setSymmetric(
      workspace.square, minusRankTwo: workspace.rankTwo.left, workspace.rankTwo.right)
    mean.set(workspace.carried, minus: workspace.rankTwo.right, times: 1)
  }

  private func populationParts() -> PopulationLoss<Scalar>.Parts {
    population.parts(mean: mean, moment: moment, shift: constant)
  }

  /// |W|, which the second moment knows, |W|² = N tr M; if asked for, how far W is from W₀ in units of |W₀|; the parts of the population's loss; and the losses of a
  /// linearised twin.
  public func observables() -> OrderedDictionary<String, Double> {
    var trace = 0.0
    for place in 0..<moment.rows { trace += Double(moment[place, place]) }
    var observables: OrderedDictionary = [
      "weight_norm": (Double(hiddenUnits) * trace).squareRoot()
    ]
    if let weightChange { observables["relative_weight_change"] = weightChange.relative }
    observables.merge(populationParts().observables) { $1 }
    observables.merge(linearised.observables) { $1 }
    return observables
  }

  /// The test loss of regression with the initial kernel, if it was asked for.
  public func initialObservables() -> OrderedDictionary<String, Double> {
    linearised.initialObservables
  }

  /// Kernel-task alignment on the test examples, or on the train examples where there are none.
  ///
  /// The tangent kernel is (α²/N) x·x′ (1 + ε w̄·(x + x′) + ε² xᵀ M x′): Kumar et al. 2024, eq. 5, with the factor
  /// that it leaves out and that alignment does not see.
  public func costlyObservables() -> OrderedDictionary<String, Double> {
    let set = test ?? train
    let inputs = set.kernelInputs
    let count = inputs.rows
    var gram = Matrix<Scalar>(rows: count, columns: count)
    gram.setProduct(of: inputs, inputs, transposed: .right)
    var carried = Matrix<Scalar>(rows: count, columns: moment.columns)
    carried.setProduct(of: inputs, moment)
    var projections = Matrix<Scalar>(rows: count, columns: 1)
    projections.setProduct(of: inputs, mean, transposed: .right)
    let epsilon = Scalar(task.epsilon)
    // 1 + ε vᵢ + ε vⱼ as a product of two columns with two.
    let (left, right) = (
      projections.elements.flatMap { [1 + epsilon * $0, epsilon] as [Scalar] },
      projections.elements.flatMap { [1, $0] as [Scalar] }
    )
    var factor = Matrix<Scalar>(rows: count, columns: count)
    factor.setProduct(of: carried, inputs, transposed: .right, scale: epsilon * epsilon)
    factor.setProduct(
      of: Matrix(rows: count, columns: 2, elements: left),
      Matrix(rows: count, columns: 2, elements: right), transposed: .right, keep: 1)
    return KernelAlignment.observables(
      gram: gram, factor: factor, addend: nil, labels: set.kernelLabels)
  }

  public func state() -> [Tensor] {
    [Tensor(name: "mean", vector: mean), Tensor(name: "moment", matrix: moment)]
      + linearised.state() + (weightChange?.state() ?? [])
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let mean: Matrix<Scalar> = try state.matrix(named: "mean", shape: [self.mean.columns])
    try linearised.restore(state)
    try weightChange?.restore(state)
    moment = try state.matrix(named: "moment", shape: [moment.rows, moment.columns])
    self.mean = mean
  }
}

import CAllocations
import LinearAlgebra
import Networks
import Testing

/// A step allocates nothing: its workspace is made with the engine.
@Suite struct AllocationTests {
  private static func count(during body: () -> Void) -> Int {
    allocations_begin()
    body()
    return allocations_end()
  }

  /// Where other functions than ours allocate, there is nothing to see.
  private static let areCounted: Bool = {
    let length = Int.random(in: 100...200)
    return count { withExtendedLifetime([Int](repeating: 1, count: length)) {} } > 0
  }()

  private static let studentWithTwin: TeacherStudentTask = {
    var task = TeacherStudentTask()
    task.linearisation = .twin
    return task
  }()

  private func allocations(_ engine: consuming some TrainingEngine) -> Int {
    var engine = engine
    var sum = 0.0
    func step() {
      sum += engine.evaluate().train
      engine.descend()
    }
    // The first steps take up memory that the library keeps, and copy what initial and present state share.
    for _ in 0..<3 { step() }
    let count = Self.count { for _ in 0..<1000 { step() } }
    #expect(sum.isFinite)
    return count
  }

  @Test(
    .enabled(if: areCounted), arguments: [PolynomialRegressionTask.TestLoss.population, .sample])
  func `a thousand steps allocate nothing`(testLoss: PolynomialRegressionTask.TestLoss) {
    useOneBLASThread()
    let task = PolynomialRegressionTask(
      alpha: 1, epsilon: 0.1, learningRate: 1, testLoss: testLoss)
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 21, hiddenUnits: 35, trainExamples: 70, testExamples: 40), seed: 1)
    #expect(allocations(DirectEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(DirectEngine<Float>(task: task, draws: draws)) == 0)
    for products in [ReducedEngine<Double>.Products.kernels, .blas] {
      #expect(allocations(ReducedEngine<Double>(task: task, draws: draws, products: products)) == 0)
    }
    for products in [ReducedEngine<Float>.Products.kernels, .blas] {
      #expect(allocations(ReducedEngine<Float>(task: task, draws: draws, products: products)) == 0)
    }
  }

  @Test(.enabled(if: areCounted))
  func `a thousand steps with all that may be asked for allocate nothing`() {
    useOneBLASThread()
    var task = PolynomialRegressionTask(alpha: 1, epsilon: 0.1, learningRate: 1)
    task.linearisation = .twin
    task.followsWeightChange = true
    task.weightDecay = 1e-3
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 21, hiddenUnits: 35, trainExamples: 70), seed: 1)
    #expect(allocations(DirectEngine<Float>(task: task, draws: draws)) == 0)
    #expect(allocations(ReducedEngine<Double>(task: task, draws: draws)) == 0)
    task.target = .hermite(degree: 3)
    task.linearisation = .none
    #expect(allocations(DirectEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(.enabled(if: areCounted))
  func `a thousand uncentred steps allocate nothing`() {
    useOneBLASThread()
    var task = PolynomialRegressionTask(alpha: 1, epsilon: 0.1, learningRate: 0.1)
    task.target = .hermite(degree: 2)
    task.isCentred = false
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 21, hiddenUnits: 35, trainExamples: 70, directions: 3), seed: 1)
    #expect(allocations(ReducedEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(ReducedEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(.enabled(if: areCounted))
  func `a thousand steps with momentum and trained readouts allocate nothing`() {
    useOneBLASThread()
    var task = PolynomialRegressionTask(alpha: 1, epsilon: 0.1, learningRate: 0.01)
    task.target = .hermite(degree: 2)
    task.trainsReadouts = true
    task.momentum = 0.5
    task.weightDecay = 1e-4
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 21, hiddenUnits: 35, trainExamples: 70, testExamples: 40, directions: 2,
        hasReadouts: true), seed: 1)
    for testLoss in [PolynomialRegressionTask.TestLoss.population, .sample] {
      task.testLoss = testLoss
      #expect(allocations(DirectEngine<Double>(task: task, draws: draws)) == 0)
      #expect(allocations(DirectEngine<Float>(task: task, draws: draws)) == 0)
    }
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      ModularMLPTask(), ModularMLPTask(weightDecay: 1e-6),
      ModularMLPTask(learningRate: 10, weightDecay: 1e-6, momentum: 0.9),
    ])
  func `a thousand steps of modular addition allocate nothing`(task: ModularMLPTask) {
    useOneBLASThread()
    let draws = ModularMLPDraws(
      sizes: ModularMLPDraws.Sizes(modulus: 7, hiddenUnits: 21, trainFraction: 0.8), seed: 1)
    #expect(allocations(ModularMLPEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(ModularMLPEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      TeacherStudentTask(),
      TeacherStudentTask(optimiser: .adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-8)),
      TeacherStudentTask(optimiser: .momentum(0.9), weightDecay: 0.01), studentWithTwin,
    ])
  func `a thousand steps of a student allocate nothing`(task: TeacherStudentTask) {
    useOneBLASThread()
    let draws = TeacherStudentDraws(
      sizes: TeacherStudentDraws.Sizes(
        inputDimension: 3, hiddenUnits: 21, outputDimension: 2, trainExamples: 30,
        testExamples: 20), seed: 1)
    #expect(allocations(TeacherStudentEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(TeacherStudentEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(.enabled(if: areCounted), arguments: AdditionToyEngineTests.shapes)
  func `a thousand steps of the addition toy allocate nothing`(sizes: AdditionToyDraws.Sizes) {
    useOneBLASThread()
    for rule in [OptimiserRule.adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), .momentum(0.9)] {
      let task = AdditionToyTask(optimiser: rule, weightDecay: 1)
      let draws = AdditionToyEngineTests.draws(sizes)
      #expect(allocations(AdditionToyEngine<Double>(task: task, draws: draws)) == 0)
      #expect(allocations(AdditionToyEngine<Float>(task: task, draws: draws)) == 0)
    }
  }

  @Test(.enabled(if: areCounted), arguments: SparseParityEngineTests.losses, [5, 1000])
  func `a thousand steps of sparse parity allocate nothing`(
    loss: SparseParityTask.Loss, batchSize: Int
  ) {
    useOneBLASThread()
    let task = SparseParityTask(loss: loss, batchSize: batchSize, learningRate: 0.001)
    let draws = SparseParityEngineTests.draws(loss, hasOutputBias: false)
    #expect(allocations(SparseParityEngine<Double>(task: task, draws: draws, batchSeed: 0)) == 0)
    #expect(allocations(SparseParityEngine<Float>(task: task, draws: draws, batchSeed: 0)) == 0)
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      ImageMLPTask(batchSize: 5), ImageMLPTask(parametrisation: .tangentKernel, batchSize: 50),
      ImageMLPTask(batchSize: 5, optimiser: .momentum(0.9)),
    ])
  func `a thousand steps of an image classifier allocate nothing`(task: ImageMLPTask) {
    useOneBLASThread()
    let draws = ImageMLPEngineTests.draws(task.parametrisation)
    #expect(allocations(ImageMLPEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(ImageMLPEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      OneLayerTransformerTask(), OneLayerTransformerTask(alpha: 2, isCentred: true),
      OneLayerTransformerTask(optimiser: .momentum(0.9), weightDecay: 0.01),
    ])
  func `a thousand steps of a transformer allocate nothing`(task: OneLayerTransformerTask) {
    useOneBLASThread()
    let draws = OneLayerTransformerEngineTests.draws()
    #expect(allocations(OneLayerTransformerEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(OneLayerTransformerEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(
    .enabled(if: areCounted), arguments: EmbeddingMLPEngineTests.shapes,
    EmbeddingMLPEngineTests.tasks)
  func `a thousand steps of an MLP on embeddings allocate nothing`(
    sizes: EmbeddingMLPSizes, task: EmbeddingMLPTask
  ) {
    useOneBLASThread()
    let draws = EmbeddingMLPEngineTests.draws(sizes)
    #expect(allocations(EmbeddingMLPEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(EmbeddingMLPEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      (TransformerTask(batchSize: 4), TransformerEngineTests.shapes[0]),
      (TransformerTask(optimiser: .momentum(0.9)), TransformerEngineTests.shapes[1]),
      (TransformerTask(batchSize: 7, warmUp: 10), TransformerEngineTests.shapes[3]),
      (TransformerTask(batchSize: 5), TransformerEngineTests.shapes[4]),
      (TransformerTask(batchSize: 6), TransformerEngineTests.shapes[10]),
    ])
  func `a thousand steps of a transformer of layers allocate nothing`(
    task: TransformerTask, shape: TransformerShape
  ) {
    useOneBLASThread()
    let draws = TransformerEngineTests.draws(shape)
    #expect(allocations(TransformerEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(TransformerEngine<Float>(task: task, draws: draws)) == 0)
  }

  @Test(
    .enabled(if: areCounted),
    arguments: [
      OptimiserOptions.SlowGradient.exponential(decay: 0.98, factor: 2),
      .mean(window: 7, factor: 5),
    ])
  func `a thousand steps with all options of the optimiser allocate nothing`(
    slow: OptimiserOptions.SlowGradient
  ) {
    useOneBLASThread()
    var task = EmbeddingMLPTask()
    task.options.slowGradient = slow
    task.options.clipNorm = 0.5
    task.options.schedule = .cosine(steps: 2000)
    task.options.decaysTowardsInitial = true
    task.options.keepsNorm = true
    let draws = EmbeddingMLPEngineTests.draws()
    #expect(allocations(EmbeddingMLPEngine<Double>(task: task, draws: draws)) == 0)
    #expect(allocations(EmbeddingMLPEngine<Float>(task: task, draws: draws)) == 0)
  }
}

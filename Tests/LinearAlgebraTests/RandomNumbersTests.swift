import LinearAlgebra
import Testing

@Suite struct RandomNumbersTests {
  @Test func `xoshiro256 starred twice gives the published numbers`() {
    var generator = Xoshiro256(state: [1, 2, 3, 4])
    let numbers = (0..<4).map { _ in generator.next() }
    #expect(numbers == [11520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
  }

  @Test func `SplitMix64 gives the published numbers`() {
    var generator = SplitMix64(state: 1_234_567)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      ])
  }

  @Test func `streams of a seed and streams of two seeds differ`() {
    var firsts: Set<UInt64> = []
    for seed in UInt64(0)..<20 {
      for stream in UInt64(0)..<20 {
        var generator = Xoshiro256(seed: seed, stream: stream)
        firsts.insert(generator.next())
      }
    }
    #expect(firsts.count == 400)
  }

  /// Python's `statistics.NormalDist().inv_cdf`, an implementation of the same algorithm.
  @Test(arguments: [
    (0.5, 0.0), (0.975, 1.9599639845400536), (0.3, -0.5244005127080409),
    (0.05, -1.6448536269514726), (0.999, 3.090232306167813), (1e-9, -5.9978070150076865),
    (1e-300, -37.0470962993612),
  ])
  func `the normal quantile is that of other implementations`(
    probability: Double, quantile: Double
  ) {
    let found = NormalDeviates.quantile(probability)
    #expect((found - quantile).magnitude <= 1e-15 * max(4, quantile.magnitude))
  }

  @Test(arguments: [UInt64(0), 1, 2])
  func `normal deviates have the moments of the normal distribution`(seed: UInt64) {
    var generator = Xoshiro256(seed: seed, stream: 9)
    let count = 200_000
    let deviates = NormalDeviates.array(count: count, using: &generator)
    func moment(_ power: Int) -> Double {
      deviates.reduce(0) { sum, z in
        sum + (0..<power).reduce(1.0) { product, _ in product * z }
      } / Double(count)
    }
    // Five standard errors of each moment: sqrt(1, 2, 15, 96 / count).
    let error = 5 / Double(count).squareRoot()
    #expect(moment(1).magnitude < error)
    #expect((moment(2) - 1).magnitude < error * 2.0.squareRoot())
    #expect(moment(3).magnitude < error * 15.0.squareRoot())
    #expect((moment(4) - 3).magnitude < error * 96.0.squareRoot())
  }

  /// From a program in Python that shares no code with this one.
  @Test func `the deviates of a stream are those of another implementation`() {
    var generator = Xoshiro256(seed: 7, stream: 3)
    let expected = [
      0.6032891909556991, -1.7988139440342619, -0.9485948758258721, -1.5058313990331293,
    ]
    for (found, value) in zip(NormalDeviates.array(count: 4, using: &generator), expected) {
      #expect((found - value).magnitude < 1e-15)
    }
  }
}

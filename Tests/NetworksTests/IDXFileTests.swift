import LinearAlgebra
import Networks
import Testing

/// What the tests write as a file of images or labels.
enum IDXSample {
  /// Two zero bytes, the type, the number of dimensions, their sizes, the elements.
  static func file(_ sizes: [Int], _ elements: [UInt8], type: UInt8 = 8) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)]
      + sizes.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
      + elements
  }
}

@Suite struct IDXFileTests {
  @Test func `images are read as the bytes that they are, the last dimension fastest`() throws {
    let bytes: [UInt8] = Array(0..<12)
    let file = try IDXFile(bytes: IDXSample.file([2, 2, 3], bytes))
    #expect(file.sizes == [2, 2, 3])
    #expect(Array(file.elements) == bytes)
    let labels = try IDXFile(bytes: IDXSample.file([2], [1, 0]))
    let set = try LabelledImages(
      images: file, labels: labels, count: 2, classes: 2, names: ("images", "labels"))
    #expect(set.labels == [1, 0])
    #expect(set.images.shape == "[2 × 6]" && set.images[1, 5] == 11.0 / 255)
  }

  @Test(
    arguments: [
      ([], "expected an IDX file, which begins with two zero bytes, a type and a count"),
      (
        [0x50, 0x4B, 3, 4],
        "expected an IDX file, which begins with two zero bytes, a type and a count"
      ),
      (
        [0x1F, 0x8B, 8, 0],
        "the file is compressed; unpack it with gunzip, so that it has one digest"
      ),
      (
        IDXSample.file([1], [0, 0, 0, 0], type: 13),
        "expected an IDX file of unsigned bytes, type 8, found elements of type 13"
      ),
      ([0, 0, 8, 0], "the header says it has 0 dimensions; the file ends after 4 bytes"),
      (
        [0, 0, 8, 3, 0, 0, 0, 1], "the header says it has 3 dimensions; the file ends after 8 bytes"
      ),
      (
        IDXSample.file([2, 2, 3], Array(repeating: 0, count: 11)),
        "the header says it has 2 × 2 × 3 elements of a byte each; 11 bytes follow"
      ),
      (
        IDXSample.file([2], [0, 1, 2]),
        "the header says it has 2 elements of a byte each; 3 bytes follow"
      ),
      (
        IDXSample.file(Array(repeating: 0xFFFF_FFFF, count: 3), []),
        "the header says it has 4294967295 × 4294967295 × 4294967295 elements of a byte each; "
          + "0 bytes follow"
      ),
    ] as [([UInt8], String)])
  func `a file that is none is refused in a sentence`(bytes: [UInt8], problem: String) {
    #expect(throws: IDXError(problem)) { try IDXFile(bytes: bytes) }
  }

  @Test(
    arguments: [
      ([3, 2, 2], [2], "labels: 2 labels do not go with the 3 images of images"),
      ([3, 4], [3], "images: expected images, in 3 dimensions, found bytes in 2"),
      ([3, 2, 2], [3, 1], "labels: expected labels, in 1 dimension, found bytes in 2"),
      // Two files exchanged.
      ([3], [3], "images: expected images, in 3 dimensions, found 3 bytes in 1, as labels have it"),
      (
        [3, 2, 2], [3, 2, 2],
        "labels: expected labels, in 1 dimension, found 3 images of 2 × 2 pixels"
      ),
      ([3, 2, 0], [3], "images: expected images of 1 to 65536 pixels, found 2 × 0"),
      (
        [0, 0xFFFF_FFFF, 0xFFFF_FFFF], [0],
        "images: expected images of 1 to 65536 pixels, found 4294967295 × 4294967295"
      ),
      ([2, 1, 1], [2], "images: the run takes the first 3 images, the file has 2"),
      ([3, 1, 1], [3], "labels: image 0 has the label 7, there are 5 classes"),
    ] as [([Int], [Int], String)])
  func `images and labels that do not go together are refused in a sentence`(
    images: [Int], labels: [Int], problem: String
  ) throws {
    func file(_ sizes: [Int]) throws -> IDXFile {
      let count = sizes.contains(0) ? 0 : sizes.reduce(1, *)
      return try IDXFile(bytes: IDXSample.file(sizes, Array(repeating: 7, count: count)))
    }
    let (imageFile, labelFile) = (try file(images), try file(labels))
    #expect(throws: IDXError(problem)) {
      try LabelledImages(
        images: imageFile, labels: labelFile, count: 3, classes: 5, names: ("images", "labels"))
    }
  }
}

public import LinearAlgebra

/// Images as rows of numbers from 0 to 1, and which of the classes each shows.
public struct LabelledImages: Sendable {
  /// A row an image, its pixels row by row, `[images × pixels]`.
  public let images: Matrix<Double>
  /// As many as images, each below the number of classes.
  public let labels: [Int]
  /// The rows and columns of an image; numbers taken as they are count as one row.
  public let side: (rows: Int, columns: Int)

  /// The largest image that is read: 256 by 256 pixels.
  public static let pixelsMax = 65_536
  /// What a white pixel is in the files.
  private static let white = 255.0

  /// Takes the first images of a pair of files.
  ///
  /// - Parameters:
  ///   - imageFile: images as a file has them, `[images × rows × columns]`.
  ///   - labelFile: `[images]`.
  ///   - count: how many of them to take.
  ///   - classes: every label must be below.
  ///   - names: how the user names the two files.
  /// - Throws: `IDXError` if the files do not go together, or have fewer images.
  public init(
    images imageFile: IDXFile, labels labelFile: IDXFile, count: Int, classes: Int,
    names: (images: String, labels: String)
  ) throws(IDXError) {
    let pixels = try Self.check(imageFile, labelFile, names: names)
    guard count <= imageFile.sizes[0] else {
      throw IDXError(
        "\(names.images): the run takes the first \(count) images, the file has "
          + "\(imageFile.sizes[0])")
    }
    let labels = labelFile.elements.prefix(count).map { Int($0) }
    if let place = labels.firstIndex(where: { $0 >= classes }) {
      throw IDXError(
        "\(names.labels): image \(place) has the label \(labels[place]), there are \(classes) classes"
      )
    }
    self.labels = labels
    side = (imageFile.sizes[1], imageFile.sizes[2])
    images = Matrix(
      rows: count, columns: pixels,
      elements: imageFile.elements.prefix(count * pixels).map { Double($0) / Self.white })
  }

  /// Takes numbers as they are.
  ///
  /// - Parameters:
  ///   - images: a row an image.
  ///   - labels: as many.
  public init(images: Matrix<Double>, labels: [Int]) {
    precondition(images.rows == labels.count, "\(labels.count) labels for \(images.shape)")
    self.images = images
    self.labels = labels
    side = (1, images.columns)
  }

  /// Checks that two files go together.
  ///
  /// - Returns: the pixels of an image.
  private static func check(
    _ images: IDXFile, _ labels: IDXFile, names: (images: String, labels: String)
  ) throws(IDXError) -> Int {
    guard images.sizes.count == 3 else {
      throw IDXError("\(names.images): expected images, in 3 dimensions, found \(images.words)")
    }
    guard labels.sizes.count == 1 else {
      throw IDXError("\(names.labels): expected labels, in 1 dimension, found \(labels.words)")
    }
    guard images.sizes[0] == labels.sizes[0] else {
      throw IDXError(
        "\(names.labels): \(labels.sizes[0]) labels do not go with the \(images.sizes[0]) images "
          + "of \(names.images)")
    }
    let (pixels, overflows) = images.sizes[1].multipliedReportingOverflow(by: images.sizes[2])
    guard !overflows, (1...pixelsMax).contains(pixels) else {
      throw IDXError(
        "\(names.images): expected images of 1 to \(pixelsMax) pixels, found "
          + "\(images.sizes[1]) × \(images.sizes[2])")
    }
    return pixels
  }
}

extension IDXFile {
  /// What a file is, to say so to somebody who has exchanged two.
  fileprivate var words: String {
    switch sizes.count {
    case 1: "\(sizes[0]) bytes in 1, as labels have it"
    case 3: "\(sizes[0]) images of \(sizes[1]) × \(sizes[2]) pixels"
    default: "bytes in \(sizes.count)"
    }
  }
}

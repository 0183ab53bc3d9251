/// Finds what a misspelt name was meant to be.
public enum Spelling {
  /// The known name nearest to `name`, if it is near enough to be meant.
  public static func nearest(to name: String, among known: [String]) -> String? {
    let ranked = known.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    // A name that shares no letter with the one typed was not meant.
    return best.distance <= max(2, name.count / 3) && best.distance < name.count ? best.name : nil
  }

  /// `; did you mean "…"?`, or else the list of known names.
  public static func suggestion(for name: String, among known: [String]) -> String {
    if let nearest = nearest(to: name, among: known) { return "; did you mean \"\(nearest)\"?" }
    return known.isEmpty ? "" : "; known are \(known.joined(separator: ", "))"
  }

  /// Levenshtein's edit distance.
  static func distance(_ left: String, _ right: String) -> Int {
    let target = Array(right)
    var row = Array(0...target.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in target.indices {
        let substituted = diagonal + (character == target[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[target.count]
  }
}

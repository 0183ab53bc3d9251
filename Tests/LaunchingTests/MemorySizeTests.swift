import Launching
import Testing

@Suite struct MemorySizeTests {
  @Test(arguments: [
    ("256M", 256 << 20, "256M"), ("1.5g", 1536 << 20, "1536M"), ("2GiB", 2 << 30, "2G"),
    ("4096K", 4 << 20, "4M"), ("1TB", 1 << 40, "1T"),
  ])
  func `sizes are read as Docker and Slurm write them`(text: String, bytes: Int, written: String) {
    #expect(MemorySize(text)?.bytes == bytes)
    #expect(MemorySize(text)?.description == written)
  }

  @Test(arguments: ["", "512", "M", "0M", "-1G", "1X", "1 G", "100K", "1e3M", "9999999T", "1.5.2G"])
  func `anything else is refused`(text: String) {
    #expect(MemorySize(text) == nil)
  }
}

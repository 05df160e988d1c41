import Glibc
import Testing

@testable import MeshObserve

@Suite struct TimestampTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      // RFC 3339 section 5.8.
      (482_196_050_520, "1985-04-12T23:20:50.520Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (2_147_483_648_000, "2038-01-19T03:14:08.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (.max, "9999-12-31T23:59:59.999Z"),
      (.min, "0000-01-01T00:00:00.000Z"),
    ] as [(Int64, String)]) func millisecondsBecomeADate(_ milliseconds: Int64, _ text: String)
  {
    #expect(Timestamp.text(milliseconds: milliseconds) == text)
  }

  @Test func datesAgreeWithTheCLibrary() {
    for step in 0..<4000 {
      let seconds = Int64(step) * 63_115_201 % 253_402_300_800 - Int64(step % 2) * 60_000_000_000
      guard seconds > -62_167_219_200 else { continue }
      var time = time_t(seconds)
      var date = tm()
      gmtime_r(&time, &date)
      var buffer = [CChar](repeating: 0, count: 64)
      strftime(&buffer, 64, "-%m-%dT%H:%M:%S.007Z", &date)
      let year = String(Int(date.tm_year) + 1900)
      let padded = String(repeating: "0", count: 4 - year.count) + year
      let expected = padded + buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      #expect(Timestamp.text(milliseconds: seconds * 1000 + 7) == expected)
    }
  }
}

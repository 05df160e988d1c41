// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXTCP
import TransportDriver

extension Instance {
  private static let calibrationKey = "calibration"
  /// Nanoseconds after which an origin that could not be asked is asked again, drawn anew each time.
  private static let calibrationRetry = DrawnRange(1_800_000_000_000, 5_400_000_000_000)

  static let calibrationLoad = Token(.restore, slot: 1)
  private static let calibrationStore = Token(.restore, slot: 2)

  /// Looks whether the origin was asked before.
  func loadCalibration() {
    guard settings.calibrationOrigin != nil else { return }
    if !host.load(Self.calibrationKey, token: Self.calibrationLoad.raw) { calibrateAt = host.now() }
  }

  /// The record, or the word that there is none.
  func calibrationLoaded(_ event: mesh_ready) {
    guard let origin = settings.calibrationOrigin else { return }
    let bytes = UnsafeRawBufferPointer(start: event.data.ptr, count: event.status == MESH_OK ? Int(event.data_len) : 0)
    calibrateAt = host.now()
    guard let found = Calibration(Array(bytes)), found.origin == origin.text else { return }
    serverSettings = found.settings
    let age = Self.wallClock().subtractingReportingOverflow(found.asked)
    let limit = Int64(settings.calibrationAge / 1_000_000_000)
    // A clock that was set back makes a record old.
    guard !age.overflow, (0..<limit).contains(age.partialValue) else { return }
    calibrateAt = host.now() &+ UInt64(limit - age.partialValue) * 1_000_000_000
  }

  /// Asks the origin when it is time.
  func calibrate(_ now: UInt64) {
    guard now >= calibrateAt, let origin = settings.calibrationOrigin, !isStopping else { return }
    calibrateAt = now &+ Self.calibrationRetry.draw(using: &random)
    startVisit(origin.address, port: nil, isCalibration: true, now)
  }

  /// The origin has said its settings, or its visit is over without.
  func calibrated(_ connection: Connection, _ failure: Failure) {
    guard let origin = settings.calibrationOrigin else { return }
    guard let entries = connection.page?.settings else {
      return host.log(MESH_LOG_WARNING, "\(origin.text) has said nothing of its settings: \(failure.sentence)")
    }
    guard let taken = ServerSettings(entries) else {
      let text = entries.map { "\($0.id)=\($0.value)" }.joined(separator: " ")
      return host.log(MESH_LOG_WARNING, "the settings of \(origin.text) cannot be ours: \(text)")
    }
    serverSettings = taken
    calibrateAt = host.now() &+ settings.calibrationAge
    let record = Calibration(origin: origin.text, asked: Self.wallClock(), taken)
    _ = host.store(Self.calibrationKey, record.bytes, token: Self.calibrationStore.raw)
  }
}

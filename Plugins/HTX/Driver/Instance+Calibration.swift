// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXSite
import HTXTCP
import TransportDriver

extension Instance {
  private static let calibrationKey = "calibration"
  /// Nanoseconds after which an origin that could not be asked is asked again, drawn anew each time.
  private static let calibrationRetry = DrawnRange(1_800_000_000_000, 5_400_000_000_000)

  private static let calibrationLoad = Token(.restore, slot: 1)
  private static let calibrationStore = Token(.restore, slot: 2)

  /// Looks whether the origin was asked before.
  func loadCalibration() {
    guard settings.calibrationOrigin != nil else { return }
    if host.load(Self.calibrationKey, token: Self.calibrationLoad.raw) != MESH_OK { calibrated.next = host.now() }
  }

  /// A record came from the disk, or the word that there is none.
  func calibrationLoaded(_ event: mesh_ready, slot: UInt32) {
    guard let origin = settings.calibrationOrigin else { return }
    let bytes = UnsafeRawBufferPointer(start: event.data.ptr, count: event.status == MESH_OK ? Int(event.data_len) : 0)
    switch slot {
    case Self.calibrationLoad.slot:
      calibrated.next = host.now()
      guard let found = Calibration(Array(bytes)), found.origin == origin.text else { return }
      calibrated.settings = found.settings
      calibrated.alternative = found.alternative
      calibrated.asked = found.asked
      calibrated.next = due(found.asked)
      announceAlternative()
      if found.alternative != nil { loadHTTP3Calibration() }
    case Self.http3Load.slot: http3CalibrationLoaded(Array(bytes), origin.text)
    default: calibrationKept(event.status)
    }
  }

  /// Has what an origin has said written; without a state folder it is asked again after a restart.
  func keepCalibration(_ key: String, _ bytes: [UInt8], _ token: Token) {
    let status = host.store(key, bytes, token: token.raw)
    if status != MESH_E_UNSUPPORTED { calibrationKept(status) }
  }

  private func calibrationKept(_ status: Int32) {
    guard status != MESH_OK else { return }
    host.log(MESH_LOG_WARNING, "the settings of calibration_origin cannot be stored: it is asked again after a restart")
  }

  /// When something that was asked then is asked again.
  func due(_ asked: Int64) -> UInt64 {
    let age = Self.wallClock().subtractingReportingOverflow(asked)
    let limit = Int64(settings.calibrationAge / 1_000_000_000)
    // A clock that was set back makes a record old.
    guard !age.overflow, (0..<limit).contains(age.partialValue) else { return host.now() }
    return host.now() &+ UInt64(limit - age.partialValue) * 1_000_000_000
  }

  /// Asks the origin when it is time.
  func calibrate(_ now: UInt64) {
    guard let origin = settings.calibrationOrigin, !isStopping else { return }
    if now >= calibrated.next {
      calibrated.next = now &+ Self.calibrationRetry.draw(using: &random)
      startVisit(origin.address, port: nil, for: .calibration, now)
    }
    if now >= calibrated.nextHTTP3, let port = calibrated.alternative?.port {
      calibrated.nextHTTP3 = now &+ Self.calibrationRetry.draw(using: &random)
      startVisit(origin.address, port: port, for: .calibration, now)
    }
  }

  /// The origin has said its settings, or its visit is over without.
  func calibrationEnded(_ connection: Connection, _ failure: Failure) {
    connection.purpose = .cover
    guard let origin = settings.calibrationOrigin else { return }
    guard connection.alternativePort == nil else { return http3CalibrationEnded(connection, origin.text, failure) }
    guard let page = connection.page, let entries = page.settings else {
      return host.log(MESH_LOG_WARNING, "\(origin.text) has said nothing of its settings: \(failure.sentence)")
    }
    guard let taken = ServerSettings(entries) else {
      let text = entries.map { "\($0.id)=\($0.value)" }.joined(separator: " ")
      calibrated.obstacle = text
      return host.log(MESH_LOG_WARNING, "the settings of \(origin.text) cannot be ours: \(text)")
    }
    let now = Self.wallClock()
    calibrated.obstacle = nil
    calibrated.settings = taken
    calibrated.asked = now
    calibrated.next = host.now() &+ settings.calibrationAge
    calibrated.alternative = page.alternative.flatMap { AlternativeService($0) }
    announceAlternative()
    // A browser, too, comes over QUIC only once it has heard of it.
    let isOffered = calibrated.alternative != nil && ports.values.contains { $0.site != nil }
    calibrated.nextHTTP3 = isOffered ? host.now() &+ settings.cover.visitDelay.draw(using: &random) : .max
    let record = Calibration(origin: origin.text, asked: now, taken, calibrated.alternative)
    keepCalibration(Self.calibrationKey, record.bytes, Self.calibrationStore)
  }

  /// Has the sites of listeners say of their HTTP/3 what the origin says of its own.
  func announceAlternative() {
    for listener in listeners.values { announceAlternative(listener) }
  }

  func announceAlternative(_ listener: Listener) {
    guard listener.hasUDP, settings.announcesHTTP3 else { return }
    let port = Socket.localAddress(listener.descriptor).port
    listener.site.alternative = calibrated.announcement(
      port: port, originPort: settings.calibrationOrigin?.address.port ?? 0)
  }
}

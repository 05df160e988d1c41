// SPDX-License-Identifier: Apache-2.0
import CMeshABI
import HTXHTTP3
import HTXLanes
import HTXQUIC
import HTXTCP
import TransportDriver

extension Instance {
  private static let http3Key = "calibration-http3"
  static let http3Load = Token(.restore, slot: 3)
  private static let http3Store = Token(.restore, slot: 4)

  /// Looks whether the origin was asked over QUIC before.
  func loadHTTP3Calibration() {
    if host.load(Self.http3Key, token: Self.http3Load.raw) != MESH_OK { calibrated.nextHTTP3 = host.now() }
  }

  func http3CalibrationLoaded(_ bytes: [UInt8], _ origin: String) {
    calibrated.nextHTTP3 = host.now()
    guard let found = HTTP3Calibration(bytes), found.origin == origin else { return }
    calibrated.askedHTTP3 = found.asked
    calibrated.nextHTTP3 = due(found.asked)
    useHTTP3(found.said)
  }

  /// The origin has said what it begins with over QUIC, or its visit is over without.
  func http3CalibrationEnded(_ connection: Connection, _ origin: String, _ failure: Failure) {
    guard let http3 = connection.http3, let settings = http3.remoteSettings,
      let parameters = http3.connection?.remoteParameters
    else {
      return host.log(MESH_LOG_WARNING, "\(origin) has said nothing of its HTTP/3: \(failure.sentence)")
    }
    guard let said = HTTP3ServerSettings(settings, parameters) else {
      let obstacle = HTTP3ServerSettings.obstacle(settings, parameters) ?? ""
      calibrated.obstacleHTTP3 = obstacle
      let text = HTTP3ServerSettings.text(settings, parameters)
      return host.log(
        MESH_LOG_WARNING, "what \(origin) says over HTTP/3 cannot be ours because of \(obstacle): \(text)")
    }
    let now = Self.wallClock()
    calibrated.obstacleHTTP3 = nil
    calibrated.askedHTTP3 = now
    calibrated.nextHTTP3 = host.now() &+ self.settings.calibrationAge
    useHTTP3(said)
    let record = HTTP3Calibration(origin: origin, asked: now, said)
    keepCalibration(Self.http3Key, record.bytes, Self.http3Store)
  }

  /// Visitors who come from now on are told so.
  private func useHTTP3(_ said: HTTP3ServerSettings) {
    calibrated.http3 = said
    for port in ports.values where port.site != nil { port.endpoint.options.parameters = said.parameters }
  }

  /// The lines of `meshctl htx calibration`.
  func calibrationMembers() -> [(String, String)] {
    guard let origin = settings.calibrationOrigin else { return [("origin", "none")] }
    func age(_ asked: Int64?) -> String {
      asked.map { "asked \(max(0, Self.wallClock() - $0)) s ago" } ?? "not asked yet"
    }
    let entries = calibrated.settings.entries.map { "\($0.id)=\($0.value)" }.joined(separator: " ")
    var members = [("origin", origin.text), ("http2", "\(entries), \(age(calibrated.asked))")]
    if let obstacle = calibrated.obstacle { members.append(("http2_not_followed", obstacle)) }
    members.append(
      (
        "alt_svc",
        calibrated.asked == nil ? "not known" : calibrated.alternative.map { $0.text(port: $0.port) } ?? "none"
      ))
    let said = calibrated.http3.map { HTTP3ServerSettings.text($0.settings, $0.parameters) } ?? "own"
    members.append(("http3", "\(said), \(age(calibrated.askedHTTP3))"))
    if let obstacle = calibrated.obstacleHTTP3 { members.append(("http3_not_followed", obstacle)) }
    return members
  }
}

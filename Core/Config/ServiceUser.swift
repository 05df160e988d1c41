// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Whom a client takes for the system's daemon besides root and its own user: the one user that a file of root's names.
public struct ServiceUser {
  /// The operator's file, then the packaged one.
  var files: [String]
  /// Whose the file has to be.
  var owner: UInt32 = 0

  /// The files of this machine: `/etc/mesh/client.yaml`, then that of the prefix; see `Installation`.
  public static func system() -> ServiceUser {
    ServiceUser(files: ["/etc/mesh/client.yaml"] + [Installation.file("share/mesh/client.yaml")].compactMap(\.self))
  }

  /// Nil when `user` is the service user, else why not, as the end of a sentence.
  public func refusal(of user: UInt32) -> String? {
    guard let file = files.first(where: { access($0, F_OK) == 0 || errno != ENOENT }) else {
      return "and no file names a service user (\(files.joined(separator: ", ")))"
    }
    do throws(ConfigurationError) {
      guard let name = try ClientConfiguration.load(path: file, owner: owner).serviceUser else {
        return "and \(file) names no 'service_user'"
      }
      guard let number = ServiceUser.number(of: name) else {
        return "and '\(name)', the service user of \(file), does not exist"
      }
      return number == user ? nil : "nor '\(name)', the service user of \(file)"
    } catch { return "and the file that names the service user is not taken: \(error)" }
  }

  /// A user's number by its name, or by the number itself.
  private static func number(of name: String) -> UInt32? {
    if let number = UInt32(name) { return number }
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var space = [CChar](repeating: 0, count: 16 << 10)
    guard getpwnam_r(name, &record, &space, space.count, &found) == 0, found != nil else { return nil }
    return record.pw_uid
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Certificates to trust, read on a thread that may wait: the system's are a hundred or two, which takes 15 ms and
/// more, in which no link would go on.
public final class TLSAuthorities {
  private let path: String?
  /// What was read. Written by `run`, to be read after it.
  public private(set) var credentials: TLSCredentials?
  /// Why nothing was.
  public private(set) var failure: TLSFailure?

  /// To be read from the PEM file `path`, or from the system's store.
  public init(path: String?) { self.path = path }

  /// Reads them. Once, and on any thread.
  public func run() {
    do throws(TLSFailure) { credentials = try TLSCredentials(authorities: path) } catch { failure = error }
  }
}

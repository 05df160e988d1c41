// SPDX-License-Identifier: Apache-2.0

/// Why a site cannot be opened.
public struct SiteError: Error, Equatable, Sendable {
  /// A sentence that names the folder.
  public let sentence: String

  init(_ sentence: String) { self.sentence = sentence }
}

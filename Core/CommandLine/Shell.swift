// SPDX-License-Identifier: Apache-2.0

/// Shells that completion is written for.
public enum Shell: String, CaseIterable, Sendable {
  case bash
  case zsh
  case fish

  /// The completion script of a program for this shell, made from its declarations.
  public func completion(of root: Command) -> String {
    switch self {
    case .bash: BashCompletion.render(root)
    case .zsh: ZshCompletion.render(root)
    case .fish: FishCompletion.render(root)
    }
  }
}

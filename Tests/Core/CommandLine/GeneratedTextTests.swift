// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import MeshCommandLine

@Suite struct GeneratedTextTests {
  /// What bash would offer for the last of these words, with the generated script.
  func offers(_ words: String...) throws -> Set<String> {
    let folder = "/tmp/mesh-completion-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    defer { for end in [".sh", ".out"] { unlink(folder + end) } }
    let script = Shell.bash.completion(of: sampleProgram())
    let list = words.map { CompletionPlace.quoted($0) }.joined(separator: " ")
    let test = script + "COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _sample; echo \"${COMPREPLY[*]}\"\n"
    let file = try #require(fopen(folder + ".sh", "w"))
    fputs(test, file)
    fclose(file)
    #expect(system("bash \(folder).sh > \(folder).out 2>&1") == 0)
    let out = try #require(fopen(folder + ".out", "r"))
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = fread(&buffer, 1, buffer.count - 1, out)
    fclose(out)
    let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
  }

  @Test func bashOffersCommandsOptionsAndValues() throws {
    #expect(
      try offers("sample", "") == ["status", "copy", "peers", "fail", "--json", "--socket", "--help", "--version"])
    #expect(try offers("sample", "st") == ["status"])
    #expect(try offers("sample", "peers", "a") == ["add"])
    #expect(try offers("sample", "--json", "peers", "l") == ["list"])
    #expect(try offers("sample", "copy", "--class", "b") == ["bulk"])
    #expect(try offers("sample", "copy", "-c", "") == ["bulk", "normal"])
    #expect(try offers("sample", "copy", "x", "--fo") == ["--force"])
  }

  @Test func everyShellKnowsEveryVisibleCommandAndOption() {
    for shell in Shell.allCases {
      let text = shell.completion(of: sampleProgram())
      for word in ["status", "copy", "peers", "list", "add", "json", "class", "bulk normal", "force"] {
        let isThere = text.contains(word) || text.contains("'bulk' 'normal'")
        #expect(isThere, "\(shell) does not know \(word)")
      }
      #expect(!text.contains("secret"))
      #expect(text.contains("PATH") == (shell == .zsh) || !text.contains("local path"))
    }
    #expect(Shell.fish.completion(of: sampleProgram()).contains(#"-d 'Copies \'files\''"#))
    #expect(Shell.zsh.completion(of: sampleProgram()).contains(#"'copy:Copies '\''files'\'''"#))
  }

  @Test func theManualPageEscapesWhatRoffWouldRead() {
    #expect(ManualPage.escape(".SH x\n'y\\z-\"") == "\\&.SH x\n\\&'y\\ez\\-\\(dq")
    #expect(ManualPage.escape("a…😀") == "a\\[u2026]\\[u1F600]")
    let front = ManualPage.Front(section: 1, environment: [("SAMPLE", "a word")], files: [("/etc/x", "a file")])
    let page = ManualPage.render(sampleProgram(), version: "1", front: front)
    for part in [
      ".TH SAMPLE 1", ".SH NAME", ".SS \"copy FILE [TARGET...]\"", ".SS \"peers add NAME\"", "\\-\\-force",
      ".SH \"EXIT STATUS\"", ".SH ENVIRONMENT", ".SH FILES", "Second \\- with a dash.",
    ] {
      #expect(page.contains(part), "no \(part)")
    }
    #expect(!page.contains("secret"))
  }
}

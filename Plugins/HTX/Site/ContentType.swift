// SPDX-License-Identifier: Apache-2.0

/// Content types by the ending of a name, as small servers have them.
enum ContentType {
  private static let table: [String: String] = [
    "html": "text/html", "htm": "text/html", "shtml": "text/html", "css": "text/css", "xml": "text/xml",
    "txt": "text/plain", "md": "text/markdown", "js": "application/javascript", "mjs": "application/javascript",
    "json": "application/json", "atom": "application/atom+xml", "rss": "application/rss+xml",
    "pdf": "application/pdf", "zip": "application/zip", "gz": "application/gzip", "7z": "application/x-7z-compressed",
    "rar": "application/x-rar-compressed", "jar": "application/java-archive", "wasm": "application/wasm",
    "xhtml": "application/xhtml+xml", "rtf": "application/rtf", "gif": "image/gif", "jpeg": "image/jpeg",
    "jpg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml", "svgz": "image/svg+xml", "webp": "image/webp",
    "avif": "image/avif", "ico": "image/x-icon", "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/x-ms-bmp",
    "woff": "font/woff", "woff2": "font/woff2", "mp3": "audio/mpeg", "ogg": "audio/ogg", "m4a": "audio/x-m4a",
    "mid": "audio/midi", "mp4": "video/mp4", "mpeg": "video/mpeg", "mpg": "video/mpeg", "webm": "video/webm",
    "mov": "video/quicktime", "avi": "video/x-msvideo", "flv": "video/x-flv", "m4v": "video/x-m4v",
  ]

  /// The type of the last name of a path.
  static func of(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return "application/octet-stream" }
    return table[name[name.index(after: dot)...].lowercased()] ?? "application/octet-stream"
  }
}

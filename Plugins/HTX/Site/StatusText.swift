// SPDX-License-Identifier: Apache-2.0

/// Words for statuses.
enum StatusText {
  static func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 206: "Partial Content"
    case 301: "Moved Permanently"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Not Allowed"
    case 408: "Request Time-out"
    case 412: "Precondition Failed"
    case 413: "Request Entity Too Large"
    case 414: "Request-URI Too Large"
    case 416: "Requested Range Not Satisfiable"
    case 501: "Not Implemented"
    case 505: "HTTP Version Not Supported"
    default: "Internal Server Error"
    }
  }
}

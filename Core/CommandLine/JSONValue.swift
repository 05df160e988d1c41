// SPDX-License-Identifier: Apache-2.0

/// A JSON value (RFC 8259). Objects keep the order of their members.
public indirect enum JSONValue {
  case null
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(String, JSONValue)])
}

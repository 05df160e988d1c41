import CYAML

/// A libyaml event, copied into Swift values.
struct DocumentEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case scalar(String, isPlain: Bool)
    case listStart, listEnd, mapStart, mapEnd, alias, nothing
  }

  var kind: Kind
  var position: SourcePosition
  var hasTag = false
  var hasAnchor = false

  init(_ event: borrowing yaml_event_t) {
    position = SourcePosition(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: kind = .streamStart
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      hasTag = scalar.tag != nil
      hasAnchor = scalar.anchor != nil
    case YAML_SEQUENCE_START_EVENT:
      kind = .listStart
      hasTag = event.data.sequence_start.tag != nil
      hasAnchor = event.data.sequence_start.anchor != nil
    case YAML_MAPPING_START_EVENT:
      kind = .mapStart
      hasTag = event.data.mapping_start.tag != nil
      hasAnchor = event.data.mapping_start.anchor != nil
    case YAML_SEQUENCE_END_EVENT: kind = .listEnd
    case YAML_MAPPING_END_EVENT: kind = .mapEnd
    case YAML_ALIAS_EVENT: kind = .alias
    default: kind = .nothing
    }
  }
}

extension SourcePosition {
  /// libyaml counts from 0.
  init(_ mark: yaml_mark_t) {
    self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }
}

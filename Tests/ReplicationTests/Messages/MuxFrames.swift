import CompactEncoding

/// What one multiplexed frame holds, read just well enough for transcripts (PROTOCOL §6). The multiplexer itself is
/// another module's, so that this one's tests do not lean on it.
enum MuxItem {
    /// A channel is opened with a handshake.
    case open(localID: UInt64, id: [UInt8], handshake: ArraySlice<UInt8>)
    /// A control message of no interest here.
    case control(type: UInt64)
    /// A message on a channel, named by its sender's own number.
    case message(channel: UInt64, type: UInt64, body: ArraySlice<UInt8>)

    static func decode(_ frame: [UInt8]) throws -> [MuxItem] {
        var reader = ByteReader(frame.span.bytes)
        let channel = try reader.uint()
        if channel == 0, frame.count > 1, frame[1] == 0 {
            _ = try reader.uint()
            return try batch(frame, from: &reader)
        }
        return [try item(frame[reader.offset...], on: channel)]
    }

    private static func batch(_ frame: [UInt8], from reader: inout ByteReader) throws -> [MuxItem] {
        var items: [MuxItem] = []
        var channel = try reader.uint()
        while !reader.isAtEnd {
            let range = try reader.bufferRange()
            if range.isEmpty {
                channel = try reader.uint()
            } else {
                items.append(try item(frame[range], on: channel))
            }
        }
        return items
    }

    private static func item(_ bytes: ArraySlice<UInt8>, on channel: UInt64) throws -> MuxItem {
        var reader = ByteReader(bytes.span.bytes)
        let type = try reader.uint()
        guard channel == 0 else {
            return .message(channel: channel, type: type, body: bytes.dropFirst(reader.offset))
        }
        guard type == 1 else { return .control(type: type) }
        let localID = try reader.uint()
        _ = try reader.string()
        let id = [UInt8](copying: try reader.buffer())
        return .open(localID: localID, id: id, handshake: bytes.dropFirst(reader.offset))
    }
}

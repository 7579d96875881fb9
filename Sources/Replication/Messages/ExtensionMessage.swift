public import CompactEncoding

/// An application's own message (PROTOCOL §7, message 9).
public struct ExtensionMessage: Hashable, Sendable {
    /// The extension's name; empty for that of the sender's last extension message on the channel.
    public var name: String
    /// The application's bytes. A slice, so that they can stay in the frame that brought them.
    public var payload: ArraySlice<UInt8>

    /// Creates a message.
    public init(name: String, payload: ArraySlice<UInt8>) {
        self.name = name
        self.payload = payload
    }

    /// Reads the message; `body` is what `reader` reads.
    init(from reader: inout ByteReader, of body: ArraySlice<UInt8>) throws(CompactDecodingError) {
        let start = reader.offset
        let name = try reader.string()
        guard name.utf8.count <= MessageLimits.extensionNameByteLength else {
            throw CompactDecodingError(
                .invalidValue("an extension's name of \(name.utf8.count) bytes"), offset: start)
        }
        self.init(name: name, payload: body.dropFirst(reader.offset))
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        writer.string(name)
        writer.raw(payload)
    }
}

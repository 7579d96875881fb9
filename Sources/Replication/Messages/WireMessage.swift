public import CompactEncoding

/// A message of the protocol `hypercore/alpha` (PROTOCOL §7; `wire-messages.json`).
///
/// ```swift
/// guard let message = try WireMessage.decode(type: type, body: frame) else { return }  // unknown: ignored
/// var writer = ByteWriter()
/// WireMessage.cancel(CancelMessage(request: 7)).encode(into: &writer)
/// ```
// The large ones are indirect: a message is handed on several times, and most copies of these would cost more than the memory.
public enum WireMessage: Hashable, Sendable {
    /// The sender's state, on opening and whenever it changes.
    indirect case sync(SyncMessage)
    /// Asks for parts of a tree and its blocks.
    indirect case request(RequestMessage)
    /// Takes back a request.
    case cancel(CancelMessage)
    /// Answers a request, or pushes a block.
    indirect case data(DataMessage)
    /// Says that a request is not answered.
    case noData(NoDataMessage)
    /// Asks to be told what the other side has in a window.
    case want(WantMessage)
    /// Takes back a want.
    case unwant(WantMessage)
    /// Says block by block what the sender has.
    case bitfield(BitfieldMessage)
    /// Says what run of blocks the sender has, or has dropped.
    case range(RangeMessage)
    /// An application's own message.
    case `extension`(ExtensionMessage)

    /// The kinds of messages, by their types on the wire.
    public enum Kind: UInt64, CaseIterable, Sendable {
        /// That of ``WireMessage/sync(_:)``.
        case sync = 0
        /// That of ``WireMessage/request(_:)``.
        case request = 1
        /// That of ``WireMessage/cancel(_:)``.
        case cancel = 2
        /// That of ``WireMessage/data(_:)``.
        case data = 3
        /// That of ``WireMessage/noData(_:)``.
        case noData = 4
        /// That of ``WireMessage/want(_:)``.
        case want = 5
        /// That of ``WireMessage/unwant(_:)``.
        case unwant = 6
        /// That of ``WireMessage/bitfield(_:)``.
        case bitfield = 7
        /// That of ``WireMessage/range(_:)``.
        case range = 8
        /// That of ``WireMessage/extension(_:)``.
        case `extension` = 9
    }

    /// What kind of message it is.
    public var kind: Kind {
        switch self {
        case .sync: .sync
        case .request: .request
        case .cancel: .cancel
        case .data: .data
        case .noData: .noData
        case .want: .want
        case .unwant: .unwant
        case .bitfield: .bitfield
        case .range: .range
        case .extension: .extension
        }
    }
}

extension WireMessage {
    /// Decodes the body of a message of `type`.
    ///
    /// A block's value and an extension's payload are slices of `body`, not copies. Bytes past the message and unknown
    /// flags are ignored.
    ///
    /// - Returns: `nil` for a type that is not known, which is to be ignored.
    /// - Throws: where the body is no encoding, or holds more than ``MessageLimits`` allow; the offset counts from the
    ///   start of `body`.
    public static func decode(
        type: UInt64, body: ArraySlice<UInt8>
    ) throws(CompactDecodingError) -> WireMessage? {
        guard let kind = Kind(rawValue: type) else { return nil }
        var reader = ByteReader(body.span.bytes)
        switch kind {
        case .sync: return .sync(try SyncMessage(from: &reader))
        case .request: return .request(try RequestMessage(from: &reader))
        case .cancel: return .cancel(try CancelMessage(from: &reader))
        case .data: return .data(try DataMessage(from: &reader, of: body))
        case .noData: return .noData(try NoDataMessage(from: &reader))
        case .want: return .want(try WantMessage(from: &reader))
        case .unwant: return .unwant(try WantMessage(from: &reader))
        case .bitfield: return .bitfield(try BitfieldMessage(from: &reader))
        case .range: return .range(try RangeMessage(from: &reader))
        case .extension: return .extension(try ExtensionMessage(from: &reader, of: body))
        }
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .sync(let message): message.encode(into: &writer)
        case .request(let message): message.encode(into: &writer)
        case .cancel(let message): message.encode(into: &writer)
        case .data(let message): message.encode(into: &writer)
        case .noData(let message): message.encode(into: &writer)
        case .want(let message), .unwant(let message): message.encode(into: &writer)
        case .bitfield(let message): message.encode(into: &writer)
        case .range(let message): message.encode(into: &writer)
        case .extension(let message): message.encode(into: &writer)
        }
    }
}

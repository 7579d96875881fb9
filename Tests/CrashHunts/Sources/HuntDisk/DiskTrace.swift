/// The record that the shim makes of a process's file calls; its format is that of `HuntShim.h`.
public struct DiskTrace: Sendable {
    public let events: [DiskEvent]
    /// How many events describe what was there before the process began.
    public var beginning: Int {
        let position = events.firstIndex { if case .begins = $0 { true } else { false } }
        return position.map { $0 + 1 } ?? 0
    }

    /// Reads a record. An event at its end that was not written whole did not happen: the process was stopped before it
    /// made the call.
    public init(reading bytes: [UInt8]) throws(MalformedTrace) {
        var events: [DiskEvent] = []
        var position = 0
        while position + Header.byteCount <= bytes.count {
            let header = Header(bytes[position..<position + Header.byteCount])
            let start = position + Header.byteCount
            guard let length = Int(exactly: header.payloadLength), length <= bytes.count - start else { break }
            events.append(try header.event(payload: bytes[start..<start + length]))
            position = start + length
        }
        self.events = events
    }

    public init(events: [DiskEvent]) {
        self.events = events
    }
}

/// A record that was not made by this version of the shim.
public struct MalformedTrace: Error {
    public let kind: UInt32
}

private struct Header {
    static let byteCount = 32

    let kind: UInt32
    let flags: UInt32
    let inode: Inode
    let offset: UInt64
    let payloadLength: UInt64

    init(_ bytes: ArraySlice<UInt8>) {
        let words = bytes.span.bytes
        kind = words.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self)
        flags = words.unsafeLoadUnaligned(fromByteOffset: 4, as: UInt32.self)
        inode = Inode(words.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self))
        offset = words.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self)
        payloadLength = words.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    func event(payload: ArraySlice<UInt8>) throws(MalformedTrace) -> DiskEvent {
        var text: String { String(decoding: payload, as: UTF8.self) }
        switch kind {
        case 1: return .named(in: inode, text, Inode(offset), isDirectory: flags != 0)
        case 2: return .unnamed(in: inode, text)
        case 3: return try renamed(payload)
        case 4: return .written(inode, offset: Int(offset), payload)
        case 5: return .lengthSet(inode, Int(offset))
        case 6: return .syncBegun(inode, isDataOnly: flags != 0)
        case 7: return .syncEnded(inode, isDataOnly: flags != 0)
        case 8: return .writeSynced(inode, offset: Int(offset), length: Int(try number(payload)))
        case 9: return .mark(text)
        case 10: return .root(inode)
        case 11: return .begins
        default: throw MalformedTrace(kind: kind)
        }
    }

    private func renamed(_ payload: ArraySlice<UInt8>) throws(MalformedTrace) -> DiskEvent {
        let old = Inode(try number(payload))
        let names = payload.dropFirst(8).split(separator: 0, omittingEmptySubsequences: false)
        guard names.count == 2 else { throw MalformedTrace(kind: kind) }
        return .renamed(
            from: old, String(decoding: names[0], as: UTF8.self), to: inode, String(decoding: names[1], as: UTF8.self),
            Inode(offset))
    }

    private func number(_ payload: ArraySlice<UInt8>) throws(MalformedTrace) -> UInt64 {
        guard payload.count >= 8 else { throw MalformedTrace(kind: kind) }
        return payload.span.bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)
    }
}

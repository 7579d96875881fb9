/// What a `Range` header asks for: one run of bytes (RFC 9110 §14.1.2).
enum RangeRequest: Equatable {
    /// From the first of these bytes to the last, both included.
    case between(UInt64, UInt64)
    /// From this byte to the end.
    case from(UInt64)
    /// This many bytes at the end.
    case last(UInt64)

    /// Reads `bytes=0-99`, `bytes=100-` or `bytes=-100`; `nil` for anything else, which a server may take for no range at
    /// all: other units, several runs, and what is none.
    init?(header: String) {
        let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let ends = parts[1].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?) where first <= last: self = .between(first, last)
        case (let first?, nil) where ends[1].isEmpty: self = .from(first)
        case (nil, let count?) where ends[0].isEmpty: self = .last(count)
        default: return nil
        }
    }

    /// The bytes of a file of `byteCount` that are meant; `nil` where it has none of them.
    func resolved(in byteCount: UInt64) -> Range<UInt64>? {
        switch self {
        case .between(let first, let last):
            first < byteCount ? first..<(min(last, byteCount - 1) + 1) : nil
        case .from(let first):
            first < byteCount ? first..<byteCount : nil
        case .last(let count):
            min(count, byteCount) > 0 ? (byteCount - min(count, byteCount))..<byteCount : nil
        }
    }

    /// A number of digits alone: `UInt64` would take a sign as well. One too large for any file stands for the largest.
    private static func number(_ digits: Substring) -> UInt64? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt64(digits) ?? .max
    }
}

extension RawSpan {
    /// These bytes as RocksDB takes them. The pointer is never null, which `memcpy` must not be given even for no bytes.
    func withCharacters<Value>(_ body: (UnsafePointer<CChar>, Int) -> Value) -> Value {
        withUnsafeBytes { bytes in
            guard let start = bytes.assumingMemoryBound(to: CChar.self).baseAddress else {
                return withUnsafePointer(to: 0) { body($0, 0) }
            }
            return body(start, bytes.count)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// What RocksDB returns as a pointer, and a count through another.
    init(_ read: (UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?) {
        var count = 0
        let start = read(&count)
        self.init(start: start, count: count)
    }

    /// Whether these bytes come before `other` in bytewise order, which is RocksDB's own.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        lexicographicallyPrecedes(other)
    }
}

/// Memory that one output after the other is written to.
struct OutputBuffer: ~Copyable {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// How many bytes the last output has.
    private(set) var count = 0

    deinit {
        memory.deallocate()
    }

    /// The last output.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<count]))
            // Valid: the memory is freed and moved only by mutating functions, which a borrow excludes.
            return _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// Calls `write` with room for `capacity` bytes; it returns how many it wrote.
    mutating func fill(
        capacity: Int, _ write: (UnsafeMutableRawBufferPointer) throws(CompressionError) -> Int
    ) throws(CompressionError) {
        count = 0
        if memory.count < capacity {
            memory.deallocate()
            memory = .allocate(byteCount: capacity, alignment: 16)
        }
        count = try write(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity]))
    }

    /// Forgets the last output, and frees the memory where it is larger than this.
    mutating func shrink(toAtMost byteCount: Int) {
        count = 0
        guard memory.count > byteCount else { return }
        memory.deallocate()
        memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}

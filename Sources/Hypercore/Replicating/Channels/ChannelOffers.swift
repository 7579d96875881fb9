/// Which channels of the other side somebody here wants to be asked about.
struct ChannelOffers: Sendable {
    /// Is handed a channel, on the thread that received it; does not block.
    typealias Handler = @Sendable (IncomingChannel) -> Void

    /// A protocol, and one id or any.
    struct Pattern: Hashable {
        private let name: [UInt8]
        private let id: [UInt8]?

        /// Names are compared by their bytes, as the multiplexer does; an empty id is none.
        init(_ name: String, id: [UInt8]?) {
            self.name = Array(name.utf8)
            self.id = id?.isEmpty == true ? nil : id
        }
    }

    private var handlers: [Pattern: (number: UInt64, handler: Handler)] = [:]
    private var lastNumber: UInt64 = 0

    /// Sets who is asked; the number names this offer.
    ///
    /// - Returns: also who was asked before, to be let go of outside the stream's lock: with a handler may go channels
    ///   that it holds, which are refused then.
    mutating func add(_ pattern: Pattern, _ handler: @escaping Handler) -> (number: UInt64, replaced: Handler?) {
        lastNumber += 1
        let replaced = handlers.updateValue((lastNumber, handler), forKey: pattern)
        return (lastNumber, replaced?.handler)
    }

    /// Withdraws an offer: the one of this number, if it was not replaced, or whichever there is.
    ///
    /// - Returns: who is not asked any more, to be let go of outside the stream's lock; `nil` where nobody was.
    mutating func remove(_ pattern: Pattern, number: UInt64? = nil) -> Handler? {
        guard let offer = handlers[pattern], number == nil || number == offer.number else { return nil }
        return handlers.removeValue(forKey: pattern)?.handler
    }

    /// Who is asked about an open: whoever wants exactly this id, else whoever wants any.
    func handler(for name: String, id: [UInt8]?) -> Handler? {
        (handlers[Pattern(name, id: id)] ?? handlers[Pattern(name, id: nil)])?.handler
    }

    /// Withdraws all offers, and returns who was asked; see ``remove(_:number:)``.
    mutating func removeAll() -> [Handler] {
        defer { handlers = [:] }
        return handlers.values.map(\.handler)
    }
}

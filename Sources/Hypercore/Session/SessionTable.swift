/// The open sessions of one log. Mostly that is one, which takes no table.
struct SessionTable: Sendable {
    private var first: SessionTie?
    private var others: [ObjectIdentifier: SessionTie] = [:]

    /// How many there are.
    var count: Int { (first == nil ? 0 : 1) + others.count }

    /// All of them, in no particular order.
    var all: [SessionTie] { (first.map { [$0] } ?? []) + others.values }

    mutating func add(_ tie: SessionTie) {
        if first == nil { first = tie } else { others[ObjectIdentifier(tie)] = tie }
    }

    mutating func remove(_ tie: SessionTie) {
        if first === tie { first = nil } else { others[ObjectIdentifier(tie)] = nil }
    }
}

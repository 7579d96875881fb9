/// Keeps an optional part that is mostly missing behind a reference, so that what it is a part of stays small.
///
/// Proofs and requests are handed on many times each, nearly all of them about one block and nothing else. With their other
/// parts in place each copy would take hundreds of bytes and a look at every part; with them apart it is a word for each.
@propertyWrapper
@frozen
public indirect enum Indirect<Value> {
    case none
    case some(Value)

    /// Sets a part apart.
    @inlinable
    public init(wrappedValue: Value?) {
        if let wrappedValue { self = .some(wrappedValue) } else { self = .none }
    }

    /// The part.
    @inlinable
    public var wrappedValue: Value? {
        get { if case .some(let value) = self { value } else { nil } }
        set { self = Indirect(wrappedValue: newValue) }
    }
}

extension Indirect: Equatable where Value: Equatable {}
extension Indirect: Hashable where Value: Hashable {}
extension Indirect: Sendable where Value: Sendable {}

extension MergeRule {
    /// What is to be stored where `value` is stored now and `operand` comes in.
    func combine(_ value: [UInt8], with operand: RawSpan) -> [UInt8] {
        var combined = value
        operand.withUnsafeBytes { operand in
            switch self {
            case .concatenate:
                combined.append(contentsOf: operand)
            case .bitwiseOr:
                if combined.count < operand.count {
                    combined.append(contentsOf: repeatElement(0, count: operand.count - combined.count))
                }
                for index in operand.indices { combined[index] |= operand[index] }
            case .bitwiseAndNot:
                // Bits past the end of the value are clear as it is.
                for index in 0..<min(combined.count, operand.count) { combined[index] &= ~operand[index] }
            }
        }
        return combined
    }
}

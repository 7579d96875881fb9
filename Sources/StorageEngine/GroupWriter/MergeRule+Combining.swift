extension MergeRule {
    /// Makes of what is stored now what is to be stored once `operand` has come in.
    func combine(_ value: inout [UInt8], with operand: RawSpan) {
        operand.withUnsafeBytes { operand in
            switch self {
            case .concatenate:
                value.append(contentsOf: operand)
            case .bitwiseOr:
                if value.count < operand.count {
                    value.append(contentsOf: repeatElement(0, count: operand.count - value.count))
                }
                for index in operand.indices { value[index] |= operand[index] }
            case .bitwiseAndNot:
                // Bits past the end of the value are clear as it is.
                for index in 0..<min(value.count, operand.count) { value[index] &= ~operand[index] }
            }
        }
    }
}

import Foundation
import Hypercore

/// What somebody said: a block of their log.
struct Message: Codable, Sendable {
    let time: Date
    let name: String
    let text: String

    /// A line for the terminal. What others send could hold sequences that control it, so those are left out.
    var line: String {
        let scalars = "\(name): \(text)".unicodeScalars.filter { scalar in
            ![.control, .format].contains(scalar.properties.generalCategory)
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// A log of what one member of a room says.
typealias MessageLog = TypedHypercore<JSONCodec<Message>>

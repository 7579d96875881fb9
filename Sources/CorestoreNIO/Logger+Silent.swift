public import Logging

extension Logger {
    /// A logger that says nothing: the default of this module.
    public static var silent: Logger {
        Logger(label: "corestore", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}

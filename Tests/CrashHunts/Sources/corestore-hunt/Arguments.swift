public import ArgumentParser
public import HuntDisk
public import StorageEngine

extension Durability: @retroactive ExpressibleByArgument {}
extension SyncKind: ExpressibleByArgument {}

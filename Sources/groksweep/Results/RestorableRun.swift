import ResultStore

/// The store's view of a run that a coordinator restores; the coordinator has a type of the same name.
typealias RestorableRun = RestoredRun

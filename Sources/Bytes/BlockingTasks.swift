import Dispatch

/// Runs tasks that wait for the disk on threads of their own.
///
/// The pool that tasks run on has a thread for each processor; while one waits, a processor would stand still.
public final class BlockingTasks: TaskExecutor {
  /// The one there is.
  public static let executor = BlockingTasks()

  private init() {}

  /// Gives a job a thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

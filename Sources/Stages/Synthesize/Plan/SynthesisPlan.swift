import Lake
import Records

/// What a batch will ask for, with all that it asks about: the rest is a function of it and of the models' answers.
///
/// It is kept before the first request, so that a run that was killed asks the same again, which costs nothing.
public struct SynthesisPlan: Sendable, Hashable, Codable {
  /// A slice that lacks examples.
  public struct Slice: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// What it is about.
    public var note: String
    /// Examples that may be written for it, 1 or more.
    public var room: Int

    /// States a slice.
    public init(name: String, note: String, room: Int) {
      self.name = name
      self.note = note
      self.room = room
    }
  }

  /// A model, as candidates remember it.
  public struct Writer: Sendable, Hashable, Codable {
    /// Its name in the project.
    public var name: String
    /// Its family.
    public var family: String

    /// States a model.
    public init(name: String, family: String) {
      self.name = name
      self.family = family
    }
  }

  /// An input, and perhaps its output, that others are made from.
  public struct Seed: Sendable, Hashable, Codable {
    /// Where it is from: an interaction's id, or a file and a line.
    public var id: String
    /// The slice it is of; nil for all.
    public var slice: String?
    /// What was asked.
    public var input: String
    /// What was answered; empty where nothing is known.
    public var output: String
    /// Whether it is a real input that was answered badly.
    public var isFailure: Bool

    /// States a seed.
    public init(id: String, slice: String? = nil, input: String, output: String = "", isFailure: Bool = false)
    {
      self.id = id
      self.slice = slice
      self.input = input
      self.output = output
      self.isFailure = isFailure
    }
  }

  /// A text that questions are written from.
  public struct Document: Sendable, Hashable, Codable {
    /// Its id, which answers cite.
    public var id: String
    /// The text.
    public var text: String

    /// States a document.
    public init(id: String, text: String) {
      self.id = id
      self.text = text
    }
  }

  /// One request for inputs.
  public struct Task: Sendable, Hashable, Codable {
    /// Its number in the plan, from 0.
    public var number: Int
    /// The slice it is for.
    public var slice: String
    /// How inputs are made.
    public var `operator`: SynthesisOperatorName
    /// Inputs that are asked for, 1 or more.
    public var count: Int
    /// Seeds that it shows, by their place in ``SynthesisPlan/seeds``.
    public var seeds: [Int]
    /// Which of the operator's ways: a direction, a document, a person, a set of tools; counted on by the task.
    public var variant: Int
  }

  /// The dataset.
  public var dataset: String
  /// How many batches were written for the dataset before: each asks for others than the last one did.
  public var round: Int
  /// What it is, for whoever writes.
  public var domain: String
  /// What its examples are for.
  public var kind: Kind
  /// The slices, the one that lacks most first.
  public var slices: [Slice]
  /// Who writes.
  public var teachers: [Writer]
  /// Who is compared.
  public var student: Writer?
  /// The step.
  public var parameters: SynthesizeParameters
  /// The prompts by name.
  public var templates: [String: String]
  /// The JSON Schema of answers; nil for any.
  public var schema: String?
  /// Seeds.
  public var seeds: [Seed]
  /// Documents.
  public var documents: [Document]
  /// Sets of tools, each the JSON of an array.
  public var tools: [String]
  /// Inputs that are there already: what is like one of them is not new.
  public var pool: [String]
  /// Requests for inputs, in the order in which they are worked off.
  public var tasks: [Task] = []

  /// Examples that may be written.
  public var room: Int { slices.reduce(0) { $0 + $1.room } }

  func note(of slice: String) -> String {
    let note = slices.first { $0.name == slice }?.note ?? ""
    return note.isEmpty ? slice : note
  }
}

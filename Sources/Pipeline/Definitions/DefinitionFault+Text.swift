import Foundation
import Label

// Every sentence about a definition is made here. What a file holds is shown with its control characters escaped
// and cut to 60 characters, since a definition may come from anywhere and goes to a terminal.

extension DefinitionFault: CustomStringConvertible {
  /// File, line, column and a sentence, such as `Pipelines/nightly.yaml:12:7: unknown key 'rulez' in 'curate'`.
  public var description: String { "\(Self.shown(file, limit: 4096)):\(line):\(column): \(text)" }

  /// The sentence without its place.
  public var text: String {
    switch facts {
    case .unreadable(let code): "cannot be read: \(String(cString: strerror(code)))"
    case .notAFile: "is not a regular file"
    case .tooLarge(let bytes, let limit): "has \(bytes) bytes; a definition has at most \(limit)"
    case .notUTF8(let byte): "byte 0x\(Self.hex(UInt32(byte), 2)) is not UTF-8"
    case .character(let scalar): "character U+\(Self.hex(scalar, 4)) is not allowed"
    case .syntax(let problem, let context):
      "not YAML: \(Self.shown(problem, limit: 200))"
        + (context.map { " (\(Self.shown($0, limit: 200)))" } ?? "")
    case .severalDocuments: "a second document begins; a definition is one"
    case .emptyDocument(let document): "\(Self.named(.whole(document))) is empty"
    case .alias:
      "an alias ('*name') is not allowed; write the value out, or put text that begins with '*' in quotes"
    case .anchor:
      "an anchor ('&name') is not allowed; write the value out, or put text that begins with '&' in quotes"
    case .tag: "a tag ('!name') is not allowed; put text that begins with '!' in quotes"
    case .duplicateKey(let key, let line):
      "key \(Self.quoted(key)) is given twice" + (line.map { ", first in line \($0)" } ?? "")
    case .keyNotText: "a key must be text"
    case .unknownKey(let key, let section, let nearest, let legal):
      "unknown key \(Self.quoted(key)) in \(Self.named(section))" + Self.choice(nearest, legal, "keys")
    case .missingKey(let key, let section): "\(Self.named(section)) needs the key '\(key)'"
    case .missingOneOf(let keys, let section):
      "\(Self.named(section)) needs one of the keys \(keys.map { "'\($0)'" }.joined(separator: ", "))"
    case .together(let first, let second, let section):
      "\(Self.named(section)) takes '\(first)' or '\(second)', not both"
    case .wrongType(let field, let expected, let found):
      "\(Self.named(field)) must be \(Self.named(expected)), not \(Self.named(found))"
    case .outOfRange(let field, let low, let high, let found):
      "\(Self.named(field)) must be between \(low) and \(high), not \(Self.shown(found))"
    case .unknownValue(let field, let value, let nearest, let legal):
      "\(Self.named(field)) cannot be \(Self.quoted(value))" + Self.choice(nearest, legal, "values")
    case .emptyValue(let field): "\(Self.named(field)) must not be empty"
    case .repeated(let field, let value): "\(Self.named(field)) repeats \(Self.quoted(value))"
    case .badName(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a name; \(Self.nameRule)"
    case .badSplitName(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a name of a split, which is made of a-z"
    case .badLanguage(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a language tag such as 'en' or 'pt-BR'"
    case .badPath(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a path such as 'choices.0.text'"
    case .badVariable(let field): "\(Self.named(field)): '${' needs a name and '}', such as '${LOGS}'"
    case .badTime(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a time such as '2026-11-20' or '2026-11-20T10:00:00Z'"
    case .badDuration(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a length of time such as '7d', '36h' or '30m'"
    case .badAddress(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not an address that begins with https:// or http://"
    case .literalSecret(let field):
      "\(Self.named(field)) must say where the secret is, {env: NAME} or {file: PATH}; a secret itself has no place "
        + "in a definition"
    case .crossedBounds(let low, let lowValue, let high, let highValue):
      "'\(low)' (\(lowValue)) must not exceed '\(high)' (\(highValue))"
    case .flatScale(let field): "\(Self.named(field)) must hold two different numbers"
    case .zeroScale(let field): "\(Self.named(field)) must not be 0"
    case .sharesOver(let sum): "'splits' add up to \(sum) percent, which is over 100"
    case .reservedName(let field, let value):
      "\(Self.named(field)): the name \(Self.quoted(value)) is given by the program itself"
    case .notForKind(let key, let kind): "'\(key)' has no meaning for kind '\(kind)'"
    case .notForTask(let key, let task): "'\(key)' has no meaning for task '\(task)'"
    case .badKey(let field, let value):
      "\(Self.named(field)): \(Self.quoted(value)) is not a key: one printable ASCII character, no space and no digit 1 to 9, "
        + "which give the nth label"
    case .keyTaken(let field, let key, let owner):
      "\(Self.named(field)): \(Self.quoted(String(key))) is the key of \(Self.named(owner)) already"
    case .stepNeeds(let step, let needs):
      "step '\(step)' needs \(needs.map { "'\($0)'" }.joined(separator: " or ")) before it"
    case .undeclared(let document, let name, let file, let nearest):
      if let nearest {
        "\(document) \(Self.quoted(name)) is not declared; did you mean '\(nearest)'? Otherwise add \(file)"
      } else {
        "\(document) \(Self.quoted(name)) is not declared; add \(Self.shown(file, limit: 4096))"
      }
    case .noModel(let name, let nearest):
      "model \(Self.quoted(name)) is not declared in \(ModelsDefinition.file)"
        + (nearest.map { "; did you mean '\($0)'?" } ?? "")
    case .noFile(let field, let value):
      "\(Self.named(field)): no file of the project matches \(Self.quoted(value)); add it there, or mend the path"
    case .badTemplate(let field, let file, let fault):
      "\(Self.named(field)): \(Self.shown(file, limit: 4096)) \(Self.reason(fault))"
    case .noInteractions(let source): "source '\(source)' has no interactions that feedback could be about"
    case .badFileName(let name): "\(Self.quoted(name)) is not a name; \(Self.nameRule)"
    case .wrongSuffix(let expected):
      "a definition ends in .yaml; rename it to \(Self.shown(expected, limit: 4096))"
    case .noProject: "no folder 'Pipelines' here or above; 'flywheel init' makes one"
    case .unusedSource(let name): "no pipeline pulls source '\(name)'"
    case .unusedDataset(let name): "no pipeline publishes dataset '\(name)'"
    case .nothingRedacted: "'redact' is empty: personal data of this source reaches the disk as it came"
    }
  }

  private static func reason(_ fault: RubricFault) -> String {
    switch fault {
    case .template(let tag): "has a tag without its end, or a section that is not closed: \(quoted(tag))"
    case .unknownName(let name): "names \(quoted(name)), which no prompt of this form has"
    case .noUserPart: "needs a line '{{! user }}' between the instructions and what is judged"
    case .shows(let name):
      "does not show \(quoted(name)): instructions need {{{code}}}, and what is judged {{{input}}} and {{{output}}} "
        + "or {{{first}}} and {{{second}}}"
    }
  }

  private static let nameRule =
    "a name is made of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit"

  private static func named(_ section: Section) -> String {
    switch section {
    case .whole(.models): "the list of models"
    case .whole(let document): "the \(document)"
    case .key(let key): quoted(key)
    }
  }

  private static func named(_ field: Field) -> String {
    field.entry.map { "entry \($0) of \(quoted(field.key))" } ?? quoted(field.key)
  }

  private static func named(_ owner: KeyOwner) -> String {
    switch owner {
    case .label(let name): "label \(quoted(name))"
    case .reason(let name): "reason \(quoted(name))"
    case .action(let name): "action \(quoted(name)), which 'keys' can move"
    }
  }

  private static func named(_ expected: Expected) -> String {
    switch expected {
    case .text: "text"
    case .whole: "a whole number"
    case .number: "a number"
    case .bool: "true or false"
    case .list: "a list"
    case .mapping: "a mapping"
    case .scalar: "text, a number, true or false"
    case .texts: "text or a list of texts"
    case .twoNumbers: "a list of two numbers"
    case .ruleSwitch: "true, false or a mapping"
    case .fieldRule: "a path, a list of paths or a mapping"
    case .signalRule: "a signal or a mapping"
    case .step: "a step: one key with its parameters"
    case .fill: "a source of items, or one key with its parameters"
    }
  }

  private static func named(_ found: Found) -> String {
    switch found {
    case .text(let text): "the text \(quoted(text))"
    case .number(let number): "the number \(shown(number))"
    case .bool(let value): value ? "true" : "false"
    case .nothing: "nothing"
    case .list(let count): count == 0 ? "an empty list" : "a list of \(count)"
    case .mapping(let count): count == 0 ? "an empty mapping" : "a mapping"
    }
  }

  private static func choice(_ nearest: String?, _ legal: [String], _ what: String) -> String {
    let list = legal.isEmpty ? "" : " Legal \(what): \(legal.joined(separator: ", "))"
    return (nearest.map { "; did you mean '\($0)'?" } ?? (list.isEmpty ? "" : ".")) + list
  }

  private static func quoted(_ text: String) -> String { "'\(shown(text))'" }

  private static func shown(_ text: String, limit: Int = 60) -> String {
    var out = ""
    for (position, scalar) in text.unicodeScalars.enumerated() {
      if position == limit { return out + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
        out += "\\u{\(hex(scalar.value, 1))}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func hex(_ value: UInt32, _ width: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

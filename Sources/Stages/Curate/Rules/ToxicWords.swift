import Text

/// The words that the rule `toxicity` knows without a models folder.
enum ToxicWords {
  /// The program's own lexicon.
  static let lexicon = WordLexicon(
    words(hints, .hint) + words(plain(coarse), .weak) + words(plain(slurs), .strong)
      + threats.split(separator: "|").map { (String($0), .threat) })

  private static func words(_ list: String, _ grade: WordGrade) -> [(text: String, grade: WordGrade)] {
    list.split(separator: " ").map { (String($0), grade) }
  }

  /// ROT13, so that a reader of this file meets no slur by accident.
  private static func plain(_ list: String) -> String {
    String(
      decoding: list.utf8.map { byte in
        byte &- 0x61 < 26 ? (byte - 0x61 + 13) % 26 + 0x61 : byte
      }, as: UTF8.self)
  }

  private static let hints =
    """
    stupid idiot idiots dumb hate kill die ugly trash scum vermin pathetic disgusting loser losers \
    moron morons worthless filthy hell damn rape murder stab shoot hurt shut fool clown pig pigs \
    jerk coward rats brainless imbecile subhuman savages parasites cockroaches retard retarded
    """

  private static let threats =
    """
    kill yourself|kill your self|go kill yourself|hang yourself|hope you die|hope you rot|drop dead|\
    rot in hell|kys|i will kill|i ll kill|gonna kill you|going to kill you|deserve to die|\
    deserves to die|should be killed|slit your throat|want you dead|end your life
    """

  private static let coarse =
    """
    shpx shpxvat shpxre shpxrq zbgureshpxre fuvg fuvggl ohyyfuvg fuvgurnq nffubyr nffubyrf nefrubyr \
    onfgneq onfgneqf ovgpu ovgpurf ovgpuvat qvpxurnq qvpxurnqf cevpx jnaxre jnaxref gjng qbhpuront \
    qhzonff wnpxnff qvcfuvg pbpxfhpxre phag phagf fyhg fyhgf juber juberf cvff obyybpxf penc \
    tbqqnza fpurvffr nefpuybpu uherafbua jvpufre zreqr pbaaneq fnybcr chgnva zvreqn craqrwb pnoeba \
    chgn fgebamb pnmmb inssnaphyb pnenyub cbeen oylng fhxn
    """

  private static let slurs =
    """
    avttre avttref snttbg snttbgf xvxr xvxrf jrgonpx jrgonpxf enturnq enturnqf gbjryurnq gbjryurnqf \
    fcvpf tbbxf genaavrf
    """
}

#include "CFastText.h"

#include <cmath>
#include <cstring>
#include <fasttext/fasttext.h>
#include <istream>
#include <memory>
#include <new>
#include <streambuf>
#include <string>
#include <vector>

namespace {

/// What every model begins with (`FASTTEXT_FILEFORMAT_MAGIC_INT32`), and the one version that is written since 2017.
constexpr int32_t magic = 793712314;
constexpr int32_t version = 12;

/// Bytes as a stream, without a copy.
class View : public std::streambuf {
public:
  View(const uint8_t *bytes, size_t length) {
    char *start = const_cast<char *>(reinterpret_cast<const char *>(bytes));
    setg(start, start, start + length);
  }

protected:
  pos_type seekoff(off_type offset, std::ios_base::seekdir way, std::ios_base::openmode) override {
    char *base = way == std::ios_base::beg ? eback() : way == std::ios_base::cur ? gptr() : egptr();
    if (offset < eback() - base || offset > egptr() - base) return pos_type(off_type(-1));
    setg(eback(), base + offset, egptr());
    return pos_type(gptr() - eback());
  }

  pos_type seekpos(pos_type place, std::ios_base::openmode mode) override {
    return seekoff(off_type(place), std::ios_base::beg, mode);
  }
};

} // namespace

struct cfasttext {
  fasttext::FastText model;
  std::vector<std::string> labels;
};

int cfasttext_load(const uint8_t *bytes, size_t length, cfasttext **model) {
  *model = nullptr;
  int32_t head[2];
  if (length < sizeof head) return CFASTTEXT_DAMAGED;
  std::memcpy(head, bytes, sizeof head);
  if (head[0] != magic || head[1] != version) return CFASTTEXT_DAMAGED;
  try {
    auto loaded = std::make_unique<cfasttext>();
    View view(bytes, length);
    std::istream stream(&view);
    // fastText leaves the two numbers to the caller of this function.
    stream.ignore(sizeof head);
    stream.exceptions(std::ios_base::failbit | std::ios_base::badbit | std::ios_base::eofbit);
    loaded->model.loadModel(stream);
    if (loaded->model.getArgs().model != fasttext::model_name::sup) return CFASTTEXT_UNSUPERVISED;
    const auto dictionary = loaded->model.getDictionary();
    const std::string prefix = loaded->model.getArgs().label;
    for (int32_t index = 0; index < dictionary->nlabels(); index++) {
      const std::string label = dictionary->getLabel(index);
      loaded->labels.push_back(label.compare(0, prefix.size(), prefix) ? label : label.substr(prefix.size()));
    }
    *model = loaded.release();
    return CFASTTEXT_READY;
  } catch (const std::bad_alloc &) {
    return CFASTTEXT_NO_MEMORY;
  } catch (...) {
    return CFASTTEXT_DAMAGED;
  }
}

void cfasttext_destroy(cfasttext *model) { delete model; }

size_t cfasttext_label_count(const cfasttext *model) { return model->labels.size(); }

const char *cfasttext_label(const cfasttext *model, size_t number) {
  return number < model->labels.size() ? model->labels[number].c_str() : nullptr;
}

int cfasttext_predict(const cfasttext *model, const uint8_t *text, size_t length, float *probabilities) {
  try {
    for (size_t index = 0; index < model->labels.size(); index++) probabilities[index] = 0;
    View view(text, length);
    std::istream stream(&view);
    std::vector<int32_t> words, labels;
    model->model.getDictionary()->getLine(stream, words, labels);
    fasttext::Predictions predictions;
    model->model.predict(static_cast<int32_t>(model->labels.size()), words, predictions, 0);
    for (const auto &prediction : predictions) {
      const auto label = static_cast<size_t>(prediction.second);
      if (label < model->labels.size()) probabilities[label] = std::exp(prediction.first);
    }
    return 0;
  } catch (...) {
    return -1;
  }
}

int cfasttext_train(const char *input, const char *output, const cfasttext_training *training) {
  try {
    fasttext::Args args;
    args.input = input;
    args.output = output;
    args.model = fasttext::model_name::sup;
    args.loss = fasttext::loss_name::softmax;
    args.lr = training->rate;
    args.dim = training->dimensions;
    args.epoch = training->epochs;
    args.wordNgrams = training->word_grams;
    args.bucket = training->buckets;
    args.minCount = training->least_count;
    args.minCountLabel = 0;
    args.minn = 0;
    args.maxn = 0;
    args.seed = training->seed;
    args.thread = 1;
    args.verbose = 0;
    fasttext::FastText model;
    model.train(args);
    model.saveModel(output);
    return 0;
  } catch (...) {
    return -1;
  }
}

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A supervised model of fastText; it never changes, and many threads may predict with it at once.
typedef struct cfasttext cfasttext;

/// Why a model was not loaded.
enum {
  CFASTTEXT_READY = 0,
  /// It lacks fastText's magic number or its version, ends early, or names sizes that it does not have.
  CFASTTEXT_DAMAGED = 1,
  /// It is no classifier.
  CFASTTEXT_UNSUPERVISED = 2,
  /// Memory is out.
  CFASTTEXT_NO_MEMORY = 3,
};

/// Reads a model from `length` bytes at `bytes`, which are not needed afterwards. Who calls it has checked that the
/// bytes are those that training wrote: fastText itself trusts the sizes in a model.
int cfasttext_load(const uint8_t *bytes, size_t length, cfasttext **model);

void cfasttext_destroy(cfasttext *model);

/// How many labels the model knows.
size_t cfasttext_label_count(const cfasttext *model);

/// The label's name without `__label__`, ended by a zero; valid as long as the model. NULL for a number too high.
const char *cfasttext_label(const cfasttext *model, size_t number);

/// Writes the probability of every label for one line of text, words apart by spaces and a line feed at the end as in
/// training, to `probabilities`, in the order
/// of the labels. Returns 0, or -1 when memory is out. Probabilities of a text without a known word are all 0.
int cfasttext_predict(const cfasttext *model, const uint8_t *text, size_t length, float *probabilities);

/// How a classifier is trained.
typedef struct {
  double rate;
  int32_t dimensions;
  int32_t epochs;
  int32_t word_grams;
  int32_t buckets;
  int32_t least_count;
  int32_t seed;
} cfasttext_training;

/// Trains a classifier on the lines of the file at `input`, each `__label__NAME` and a text, and writes it to the file at
/// `output`. One thread and a fixed seed: the same lines give the same bytes. Returns 0, or -1 where a file cannot be read
/// or written, there is no label in it, or memory is out.
int cfasttext_train(const char *input, const char *output, const cfasttext_training *training);

#ifdef __cplusplus
}
#endif

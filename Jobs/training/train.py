"""Fine-tunes a small model on exported datasets: SFT, then DPO and KTO, each from what SFT made.

Usage: train.py --weights MODEL.gguf --out FOLDER [--sft FOLDER] [--preference FOLDER] [--kto FOLDER]
                [--steps N] [--seed N]

A FOLDER of a dataset is what `flywheel pull NAME --format trl` writes. Prints lines `figure NAME VALUE UNIT`: the mean
loss of the first and of the last quarter of the steps. What the last training made is kept as FOLDER/model (Hugging
Face's form) and FOLDER/model.gguf (llama.cpp's). Exit codes: 0 all losses fell · 2 wrong use, or a folder without rows
of the form · 10 a loss did not fall · others: it could not be trained.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.update(
    HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false",
    TRL_EXPERIMENTAL_SILENCE="1", TRANSFORMERS_VERBOSITY="error")

import gguf
import numpy
import torch
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

try:
    from trl import KTOConfig, KTOTrainer
except ImportError:  # from TRL 1 on
    from trl.experimental.kto import KTOConfig, KTOTrainer

KEYS = {"sft": {"messages"}, "preference": {"prompt", "chosen", "rejected"}, "kto": {"prompt", "completion", "label"}}


def refuse(reason):
    print(f"train.py: {reason}", file=sys.stderr)
    sys.exit(2)


def rows(kind, folder, cache):
    """The training split of an export."""
    files = [path for end in ("", ".lz4", ".zst", ".gz") if (path := Path(folder, f"train.jsonl{end}")).exists()]
    if not files:
        refuse(f"{folder} has no train.jsonl")
    data = load_dataset("json", data_files=str(files[0]), split="train", cache_dir=str(cache))
    missing = KEYS[kind] - set(data.column_names)
    if missing or not len(data):
        refuse(f"{files[0]} is no {kind} of the form trl: it lacks {', '.join(sorted(missing)) or 'rows'}")
    return data.select_columns(sorted(KEYS[kind]))


def load(weights):
    """The model of a GGUF file without its mark of being quantised, which would keep it from being trained."""
    folder, name = os.path.split(os.path.abspath(weights))
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    quantised = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
    config, state = quantised.config, quantised.state_dict()
    config.__dict__.pop("quantization_config", None)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(state)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    return model, tokenizer


def train(name, trainer):
    """Trains, prints how the loss went, and says whether it fell."""
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    part = max(1, len(losses) // 4)
    first, last = (sum(some) / part for some in (losses[:part], losses[-part:]))
    print(f"figure {name}_loss_first {first:.4f} nats\nfigure {name}_loss_last {last:.4f} nats", flush=True)
    if last < first:
        return True
    print(f"train.py: the loss of {name} did not fall", file=sys.stderr)
    return False


def permuted(weight, heads):
    """Rows of queries and keys in llama.cpp's order of rotary halves."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def write_gguf(model, source, target):
    """The model in the form of its source: the same keys, the trained tensors, in 16 bits."""
    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    if architecture != "llama":
        sys.exit(f"train.py: {architecture} cannot be written as GGUF, only llama")
    writer = gguf.GGUFWriter(target, architecture)
    for key, field in reader.fields.items():
        # The writer makes these itself.
        if key.startswith("GGUF.") or key in ("general.architecture", "general.file_type", "general.quantization_version"):
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(key, field.contents(), kind, sub_type=inner)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    state = {key: value.detach().float().numpy() for key, value in model.state_dict().items()}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.config.num_hidden_layers)
    written = {}
    for key, value in state.items():
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None:
            continue
        if ".attn_q." in name:
            value = permuted(value, model.config.num_attention_heads)
        elif ".attn_k." in name:
            value = permuted(value, model.config.num_key_value_heads)
        written[name] = value
    for tensor in reader.tensors:
        value = written[tensor.name]
        writer.add_tensor(tensor.name, value.astype(numpy.float32 if value.ndim == 1 else numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    for kind in KEYS:
        parser.add_argument(f"--{kind}")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    words = parser.parse_args()
    out = Path(words.out)
    torch.manual_seed(words.seed)
    torch.set_num_threads(os.cpu_count() or 1)
    data = {kind: rows(kind, getattr(words, kind), out / "cache") for kind in KEYS if getattr(words, kind)}
    model, tokenizer = load(words.weights)
    folder = str(out / "model")

    def settings(make, **more):
        return make(
            output_dir=str(out / "runs"), max_steps=words.steps, per_device_train_batch_size=4, logging_steps=1,
            report_to=[], max_length=256, use_cpu=True, save_strategy="no", bf16=False, seed=words.seed,
            disable_tqdm=True, lr_scheduler_type="constant", **more)

    def save(trained):
        trained.config._name_or_path = folder
        trained.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    fell = True
    if "sft" in data:
        fell &= train("sft", SFTTrainer(
            model=model, processing_class=tokenizer, train_dataset=data["sft"],
            args=settings(SFTConfig, learning_rate=1e-4)))
    save(model)
    for kind, make, config, rate in (("preference", DPOTrainer, DPOConfig, 5e-6), ("kto", KTOTrainer, KTOConfig, 5e-6)):
        if kind not in data:
            continue
        trainer = make(
            model=folder, processing_class=tokenizer, train_dataset=data[kind],
            args=settings(config, learning_rate=rate))
        fell &= train({"preference": "dpo"}.get(kind, kind), trainer)
        model = trainer.model
        del trainer
    save(model)
    write_gguf(model, words.weights, str(out / "model.gguf"))
    sys.exit(0 if fell else 10)


main()

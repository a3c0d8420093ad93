"""Open WebUI: the export of its feedback by API, the same as a file, and its SQLite database.

    openwebui.py --port 0 --expect FILE              serves GET /api/v1/evaluations/feedbacks/all/export
    openwebui.py --file OUT.json --expect FILE       writes what the interface downloads, then ends
    openwebui.py --database OUT.db --expect FILE     writes the tables `chat` and `feedback`, then ends; the
                                                     expectation is of the two queries in the tests of SQL sources

Every other chat is rated; every third question has two answers beside each other, some of them in the arena. Shapes
are those of Open WebUI 0.12: ids are UUIDs, times epoch seconds, the messages of a chat a map by id.
"""

import json
import sqlite3
import sys

import common

REASONS = ["accurate_information", "not_factually_correct"]


class Data:
    def __init__(self, arguments):
        self.chats, self.feedback, self.expected = [], [], []
        self.arguments = arguments
        for call in common.calls(arguments):
            self.add(call)

    def add(self, call):
        seed = self.arguments.seed
        chat_id = common.uuid(seed, call.i, "chat")
        created = int(call.time.timestamp())
        user = f"user-{common.noise(seed, call.i, 'user') % 40}"
        messages, path, parent = {}, [], None
        texts = [m for m in call.input if m["role"] in ("user", "assistant") and m["content"]]
        if call.media:
            texts = [{"content": call.question, "role": "user"}]
        system = next((m["content"] for m in call.input if m["role"] == "system"), None)
        for place, message in enumerate(texts):
            parent = self.message(messages, common.uuid(seed, call.i, place), parent, message, created)
            path.append(dict(message))
        if call.media:
            messages[parent]["files"] = [{"type": "image", "url": call.picture()}]
        expected_input = ([{"content": system, "role": "system"}] if system else []) + path
        if call.media:
            expected_input[-1] = {"content": call.question + "\n[image_url]", "role": "user",
                                  "media": [{"type": "image", "url": call.picture()}]}
        answers = []
        for place in range(2 if call.i % 3 == 0 else 1):
            model = common.MODELS[(call.i + place) % 3]
            text = call.answer if place == 0 else f"Another answer. (case {call.i})"
            answer = self.message(
                messages, common.uuid(seed, call.i, "answer", place), parent,
                {"role": "assistant", "content": text}, created + 2 + place)
            messages[answer] |= {"model": model, "done": True, "usage": {
                "prompt_tokens": call.tokens_in, "completion_tokens": call.tokens_out + place}}
            answers.append((answer, model, text))
        chat = {"models": [answers[0][1]], "params": {"system": system} if system else {},
                "history": {"currentId": answers[0][0], "messages": messages}, "title": f"Case {call.i}"}
        self.chats.append((chat_id, user, chat, created))
        rated = call.i % 2 == 0
        for place, (answer, model, text) in enumerate(answers):
            self.expected.append((rated, common.prune({
                "type": "interaction", "id": f"{chat_id}-{answer}", "conversation": chat_id,
                "time": common.iso(call.time.replace(microsecond=0) + common.seconds(2 + place)), "model": model,
                "input": expected_input, "output": {"content": text, "role": "assistant"},
                "user": common.pseudonym(user), "media": call.media or None,
                "tokens": {"input": call.tokens_in, "output": call.tokens_out + place}})))
        if rated:
            self.rate(call, chat_id, user, chat, answers, created)

    @staticmethod
    def message(messages, message_id, parent, message, timestamp):
        messages[message_id] = {
            "id": message_id, "parentId": parent, "childrenIds": [], "role": message["role"],
            "content": message["content"], "timestamp": timestamp}
        if parent:
            messages[parent]["childrenIds"].append(message_id)
        return message_id

    def rate(self, call, chat_id, user, chat, answers, created):
        seed = self.arguments.seed
        feedback_id = common.uuid(seed, call.i, "feedback")
        rating = 1 if common.noise(seed, call.i, "rating") % 2 else -1
        moment = common.late(call, self.arguments).replace(microsecond=0)
        answer, model, _ = answers[0]
        data = {"rating": str(rating) if call.i % 8 == 0 else rating, "model_id": model,
                "reason": REASONS[rating < 0], "comment": f"see case {call.i}" if call.i % 4 == 0 else "",
                "tags": ["Billing"]}
        if call.i % 4 == 2:
            data["details"] = {"rating": 9 if rating > 0 else 2}
        if len(answers) > 1:
            data["sibling_model_ids"] = [name for _, name, _ in answers[1:]]
        meta = {"arena": len(answers) > 1 and call.i % 12 == 0, "model_id": model, "message_id": answer,
                "message_index": 2, "chat_id": chat_id, "base_models": {model: None}}
        snapshot = {"chat": {"id": chat_id, "user_id": user, "title": chat["title"], "chat": chat,
                             "created_at": created, "updated_at": created + 5, "archived": False, "meta": {}}}
        self.feedback.append({
            "id": feedback_id, "user_id": user, "version": 0, "type": "rating", "data": data, "meta": meta,
            "snapshot": snapshot, "created_at": int(moment.timestamp()), "updated_at": int(moment.timestamp())})
        base = {"type": "feedback", "time": common.iso(moment), "conversation": chat_id,
                "user": common.pseudonym(user), "target": f"{chat_id}-{answer}"}
        comment = data["reason"] + (f": {data['comment']}" if data["comment"] else "")
        self.expected.append((True, base | {
            "id": feedback_id, "signal": "thumb", "value": rating, "comment": comment}))
        if "details" in data:
            value = (data["details"]["rating"] - 1) / 9 * 2 - 1
            self.expected.append((True, base | {"id": f"{feedback_id}#rating", "signal": "rating", "value": value}))
        if len(answers) > 1:
            self.expected.append((True, base | {
                "id": f"{feedback_id}#rank", "signal": "rank", "value": 0 if rating > 0 else 1}))
            self.expected.append((True, base | {
                "id": f"{feedback_id}#rank-{answers[1][0]}", "signal": "rank", "value": 1 if rating > 0 else 0,
                "target": f"{chat_id}-{answers[1][0]}"}))

    def write_database(self, path):
        """The columns that matter, declared as SQLAlchemy declares them for SQLite."""
        with sqlite3.connect(path) as database:
            database.execute(
                "CREATE TABLE chat (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(255) NOT NULL, "
                "title TEXT NOT NULL, chat JSON, created_at BIGINT, updated_at BIGINT, archived BOOLEAN)")
            database.execute(
                "CREATE TABLE feedback (id TEXT NOT NULL PRIMARY KEY, user_id TEXT, version BIGINT, type TEXT, "
                "data JSON, meta JSON, snapshot JSON, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)")
            database.executemany("INSERT INTO chat VALUES (?, ?, ?, ?, ?, ?, 0)", [
                (chat_id, user, chat["title"], json.dumps(chat), created, created + 5)
                for chat_id, user, chat, created in self.chats])
            database.executemany("INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [
                tuple(json.dumps(row[key]) if isinstance(row[key], dict) else row[key] for key in row)
                for row in self.feedback])
        database.close()


def main():
    parser = common.parser(__doc__)
    parser.add_argument("--file")
    parser.add_argument("--database")
    arguments = parser.parse_args()
    data = Data(arguments)
    if arguments.database:
        data.write_database(arguments.database)
        # The queries read chats without looking for pictures, and thumbs only.
        kept = [r for _, r in data.expected if r["type"] == "interaction" or r["signal"] == "thumb"]
        for record in kept:
            record.pop("comment", None)
            if record.pop("media", None):
                record["input"][-1] = {
                    "content": record["input"][-1]["content"].removesuffix("\n[image_url]"), "role": "user"}
        common.write_expected(arguments, kept)
        return
    common.write_expected(arguments, [record for rated, record in data.expected if rated])
    if arguments.file:
        with open(arguments.file, "w", encoding="utf-8") as file:
            json.dump(data.feedback, file, ensure_ascii=False)
        return

    def answer(request):
        if request.headers.get("Authorization") != f"Bearer {arguments.key}":
            return common.Answer({"detail": "401 Unauthorized"}, 401)
        if request.method == "GET" and request.path == "/api/v1/evaluations/feedbacks/all/export":
            return common.Answer(data.feedback)
        return common.Answer({"detail": "Not Found"}, 404)

    common.serve(arguments, answer)


if __name__ == "__main__":
    main()

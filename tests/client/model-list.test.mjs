import assert from "node:assert/strict"
import { test } from "node:test"

import { groupModels, ModelList, moveToFront } from "../../client/static/js/chat/model-list.js"

const model = (id, provider, more) => ({ id, label: id, provider, upstream: id, available: true, ...more })
const MODELS = [model("small", "home"), model("large", "cloud"), model("tiny", "home", { available: false })]
const names = (choices) => choices.map(({ id }) => id)

test("every word of a query must match, in any order, ignoring case and accents", () => {
  const list = new ModelList([model("Ünicorn-7b", "a"), model("unicorn-70b", "b"), model("horse-7b", "c")])

  assert.deepEqual(names(list.find("7 UNICÓRN")), ["Ünicorn-7b", "unicorn-70b"])
  assert.deepEqual(names(list.find("  ")), ["Ünicorn-7b", "unicorn-70b", "horse-7b"])
  assert.deepEqual(list.find("zebra"), [])
})

test("a model is found by its upstream name", () => {
  assert.deepEqual(names(new ModelList([model("mine", "a", { upstream: "vendor/x-1" })]).find("x-1")), ["mine"])
})

test("favourites come first, then the models of each provider together", () => {
  const choices = groupModels([...MODELS, model("huge", "cloud")], new Set(["huge"]), "Favourites")

  assert.deepEqual(choices.map(({ id, group }) => [group, id]), [
    ["Favourites", "huge"], ["home", "small"], ["home", "tiny"], ["cloud", "large"],
  ])
  assert.deepEqual(choices.map(({ disabled }) => disabled), [false, false, true, false])
})

test("the picked model moves to the front if it would be out of sight", () => {
  const choices = Array.from({ length: 200 }, (_, index) => model(`m${index}`, "p"))

  assert.equal(moveToFront("m150", choices)[0].id, "m150")
  assert.equal(moveToFront("m150", choices).length, 200)
  assert.equal(moveToFront("m3", choices), choices)
  assert.equal(moveToFront("gone", choices), choices)
})

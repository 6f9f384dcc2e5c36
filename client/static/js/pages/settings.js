import "../elements/settings-form.js"
import "../elements/shortcut-sheet.js"

import { Api } from "../lib/api.js"
import { connectSettings } from "../wiring/settings.js"

connectSettings({ api: new Api(document.body.dataset.api ?? "") })

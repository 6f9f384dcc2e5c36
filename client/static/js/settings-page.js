import "./elements/settings-form.js"
import "./elements/shortcut-sheet.js"

import { Api } from "./api.js"
import { connectSettings } from "./connect/settings.js"

connectSettings({ api: new Api(document.body.dataset.api) })

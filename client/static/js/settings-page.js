import "./elements/settings-form.js"

import { Api } from "./api.js"
import { connectSettings } from "./connect/settings.js"

connectSettings({ api: new Api(document.body.dataset.api) })

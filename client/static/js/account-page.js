import "./elements/once-shown.js"
import "./times.js"

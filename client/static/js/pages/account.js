import "../elements/secret-once.js"
import "./search.js"

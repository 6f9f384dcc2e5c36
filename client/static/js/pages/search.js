import { formatElements } from "../lib/formats.js"

formatElements(document)

import { format } from "../lib/formats.js"

/** A page that needs no other script has its times written as its reader does. */
format(document)

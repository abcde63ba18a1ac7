/** Files of weights into model folders. */

export { type SessionProduct, sessionProduct } from "../../trackers/model/session-product.ts";
export { type ConvertOptions, type ConvertResult, convertModel } from "./convert-model.ts";
export { type ConvertInput, type ConvertInputs, openInputs } from "./inputs.ts";

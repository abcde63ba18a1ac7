/** Files of weights into model folders. */
export { type ConvertOptions, type ConvertResult, convertModel } from "./convert-model.ts";
export { type ConvertInput, type ConvertInputs, openInputs } from "./inputs.ts";
export { type SessionProduct, sessionProduct } from "./session-product.ts";

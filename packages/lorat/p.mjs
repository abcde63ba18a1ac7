import { Input, ALL_FORMATS, FilePathSource, EncodedPacketSink } from 'mediabunny';
import * as N from 'node-av';
N.Log.setLevel(N.AV_LOG_QUIET);
const path=process.argv[2], mode=process.argv[3];
const input = new Input({source:new FilePathSource(path),formats:ALL_FORMATS});
const track = await input.getPrimaryVideoTrack(); const cfg=await track.getDecoderConfig();
const codec=N.Codec.findDecoder(N.AV_CODEC_ID_H264);
const cc=new N.CodecContext(); cc.allocContext3(codec); cc.width=cfg.codedWidth; cc.height=cfg.codedHeight; cc.codecType=N.AVMEDIA_TYPE_VIDEO; cc.codecId=N.AV_CODEC_ID_H264; cc.extraData=Buffer.from(cfg.description); 
if(mode.includes("aopen")) await cc.open2(codec,mode.includes("dict")?N.Dictionary.fromObject({strict:N.FF_COMPLIANCE_STRICT}):null); else cc.open2Sync(codec,mode.includes("dict")?N.Dictionary.fromObject({strict:N.FF_COMPLIANCE_STRICT}):null);
const frame=new N.Frame(); frame.alloc(); const pk=new N.Packet(); pk.alloc(); let sc=new N.SoftwareScaleContext(), n=0,dst,dframe;
async function recv(){ for(;;){ const r=mode.includes('arecv')?await cc.receiveFrame(frame):cc.receiveFrameSync(frame); if(r<0) return; const w=frame.width,h=frame.height;
 if(!dst){if(mode.includes("init")) console.log("fmt",frame.format,w,h,frame.linesize,sc.constructor.name); sc.getContext(w,h,frame.format,w,h,N.AV_PIX_FMT_RGBA,N.SWS_BILINEAR); dst=Buffer.from(new ArrayBuffer(w*h*4)); dframe=new N.Frame(); dframe.alloc(); dframe.width=w; dframe.height=h; dframe.format=N.AV_PIX_FMT_RGBA; dframe.allocBuffer();}
 if(mode.includes('slice')) sc.scaleSync(frame.data,frame.linesize,0,h,[dst],[w*4]); 
 if(mode.includes('pad')) sc.scaleSync([...frame.data,Buffer.alloc(0)],frame.linesize,0,h,[dst,Buffer.alloc(0),Buffer.alloc(0),Buffer.alloc(0)],[w*4,0,0,0]); 
 if(mode.includes('aframe')) {await sc.scaleFrame(dframe,frame); if(!mode.includes('nodata')) dst.set(dframe.data[0].subarray(0,dst.length));}
 if(mode.includes('sframe')) {sc.scaleFrameSync(dframe,frame); dst.set(dframe.data[0].subarray(0,dst.length));}
 n++; if(mode.includes('unref')) frame.unref(); } }
let k=0; for await (const p of new EncodedPacketSink(track).packets()) { pk.data=mode.includes('copy')?Buffer.from(p.data):Buffer.from(p.data.buffer,p.data.byteOffset,p.data.byteLength); pk.pts=BigInt(p.microsecondTimestamp); pk.isKeyframe=p.type==='key'; const r=mode.includes('asend')?await cc.sendPacket(pk):cc.sendPacketSync(pk); if(r<0){console.log('err',r,n);break} pk.unref(); await recv(); if(globalThis.gc && k++%10==0) gc(); }
cc.sendPacketSync(null); await recv(); console.log(mode,n);
